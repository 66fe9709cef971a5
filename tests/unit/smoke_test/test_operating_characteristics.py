"""A fixed small sample of the table in docs/smoke-test.md: honest, noisy judges pass, broken ones do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rft.contracts.checks import Check
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.gate import judge
from tests.kit.array_statistics import array_statistics
from tests.kit.judge_simulator import BROKEN, HONEST, Judge, blocked, observed, rate, sent

SEEDS, ALL_SEEDS = 8, 400
LUCK = 1 / SEEDS
"""Of eight seeds one may pass a cell that is blocked in 98 % of all; the long tests hold the rates."""

MAX_HONEST, MIN_BROKEN = 0.02, 0.95
COMPARED = (Judge(0.75, 0.05, 0.8, 0.3), "pandalm")


@pytest.fixture
def arrays() -> Iterator[None]:
    with array_statistics():
        yield


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_judge_is_not_blocked(name: str, arrays: None) -> None:
    judge, task_name = HONEST[name]

    found = {seed: checks for seed in range(SEEDS) if (checks := blocked(judge, seed, task_name=task_name))}

    assert found == {}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_judge_is_blocked(name: str, arrays: None) -> None:
    judge, task_name = BROKEN[name]

    share, _ = rate(judge, SEEDS, task_name=task_name)

    assert share >= 1 - LUCK


@pytest.mark.slow
@pytest.mark.parametrize("name", HONEST)
def test_an_honest_judge_is_rarely_blocked(name: str, arrays: None) -> None:
    judge, task_name = HONEST[name]

    share, checks = rate(judge, ALL_SEEDS, task_name=task_name)

    assert share <= MAX_HONEST, checks


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_judge_is_nearly_always_blocked(name: str, arrays: None) -> None:
    judge, task_name = BROKEN[name]

    share, _ = rate(judge, ALL_SEEDS, task_name=task_name)

    assert share >= MIN_BROKEN


@pytest.mark.parametrize(("cell", "seed"), [(HONEST["accuracy 0.85, noise 0.1"], 1), (COMPARED, 2)])
def test_vectorized_results_match_the_product(cell: tuple[Judge, str], seed: int) -> None:
    with array_statistics():
        by_arrays = _checks(*cell, seed)
    plain = _checks(*cell, seed)

    assert [check.result for check in by_arrays] == [check.result for check in plain]
    assert [check.interval for check in by_arrays] == [
        check.interval and pytest.approx(check.interval, abs=1e-9) for check in plain
    ]


def _checks(judged: Judge, task_name: str, seed: int) -> tuple[Check, ...]:
    plan = sent(task_name)
    scores = observed(judged, seed, plan)[: plan.ends[0]]
    return judge(Evidence(scores, {"train": 40, "validation": 0}, comparisons=plan.comparisons), Thresholds())
