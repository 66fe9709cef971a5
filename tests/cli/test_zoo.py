"""`rft grader test` finds what is broken, under its code, and blocks nothing that is honest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft.smoke_test.findings import BLOCK
from tests.kit.zoo.graders import BROKEN
from tests.kit.zoo.honest import HONEST
from tests.kit.zoo.parts import PARTS
from tests.kit.zoo.trial import WEEKDAY, is_found, today, trial

ALL_BROKEN = BROKEN | PARTS
SAMPLE = ("contains", "any marker", "half for nonsense", "tolerance of one", "remembers ids", "fewer items")
HONEST_SAMPLE = ("last number", "strict word", "half for form", "share of fields", "closeness")
FOUND_SHARE = 0.95


@pytest.fixture(autouse=True)
def _weekday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEEKDAY, today())


def test_the_zoo_is_large_enough() -> None:
    assert len(ALL_BROKEN) >= 60
    assert len(HONEST) >= 30


@pytest.mark.parametrize("name", SAMPLE)
def test_a_broken_grader_is_detected_with_its_code(name: str, tmp_path: Path) -> None:
    found = trial(ALL_BROKEN[name], tmp_path)
    assert is_found(ALL_BROKEN[name], found), [finding.code for finding in found]


@pytest.mark.parametrize("name", HONEST_SAMPLE)
def test_an_honest_grader_is_not_blocked(name: str, tmp_path: Path) -> None:
    assert [finding.code for finding in trial(HONEST[name], tmp_path) if finding.severity == BLOCK] == []


@pytest.mark.slow
def test_nearly_all_broken_graders_are_detected_with_their_codes(tmp_path: Path) -> None:
    missed = [name for name, known in ALL_BROKEN.items() if not is_found(known, trial(known, tmp_path))]
    assert len(missed) <= (1 - FOUND_SHARE) * len(ALL_BROKEN), missed


@pytest.mark.slow
def test_no_honest_grader_is_blocked(tmp_path: Path) -> None:
    blocked = [name for name, known in HONEST.items() if any(f.severity == BLOCK for f in trial(known, tmp_path))]
    assert blocked == []
