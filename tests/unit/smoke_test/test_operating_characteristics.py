"""A fixed small sample of the table in docs/smoke-test.md: honest, noisy judges pass, broken ones do not."""

from __future__ import annotations

import pytest

from rft.smoke_test import statistics
from tests.kit.judge_simulator import BROKEN, HONEST, rate

SEEDS = 6


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "RESAMPLES", 200)


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_judge_is_not_blocked(name: str) -> None:
    judge, task_name = HONEST[name]

    share, checks = rate(judge, SEEDS, task_name=task_name)

    assert share == 0, checks


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_judge_is_blocked(name: str) -> None:
    judge, task_name = BROKEN[name]

    share, _ = rate(judge, SEEDS, task_name=task_name)

    assert share == 1
