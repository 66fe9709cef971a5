from __future__ import annotations

import pytest

from rft.contracts.calibration import CalibrationSummary, RowShare
from rft.contracts.checks import CheckResult
from rft.evaluation.checks import base_model_misses, replaced, split_check


def test_a_test_split_states_its_minimum_detectable_gain() -> None:
    found = split_check(120, 60, most_rows=500)
    assert found.result is CheckResult.PASS
    assert found.value == pytest.approx(0.185, abs=0.01)
    assert "120 test rows in 60 prompt groups show a gain of 18 points or more" in found.detail
    assert "5 points take about 1,574 rows in 787 groups" in found.detail


def test_only_answered_rows_count() -> None:
    assert split_check(2000, 1000, most_rows=500).value == split_check(500, 250, most_rows=500).value


@pytest.mark.parametrize(("rows", "groups", "result"), [(9, 9, "warn"), (10, 10, "pass"), (0, 0, "skipped")])
def test_a_split_of_few_groups_is_a_warning(rows: int, groups: int, result: str) -> None:
    assert split_check(rows, groups, most_rows=500).result == result


def calibrated(hits: int, n: int) -> CalibrationSummary:
    share = RowShare(hits=hits, n=n, interval=(0.0, 1.0))
    return CalibrationSummary(status="completed", samples_per_row=4, never_right=share)


@pytest.mark.parametrize(("hits", "result"), [(0, "pass"), (32, "pass"), (33, "warn")])
def test_rows_that_the_base_model_never_gets_right_are_counted(hits: int, result: str) -> None:
    found = base_model_misses(calibrated(hits, 64))
    assert (found.result, found.value) == (result, hits / 64)


def test_a_failed_calibration_replaces_its_check_with_the_reason() -> None:
    found = base_model_misses(CalibrationSummary(status="failed", reason="AccessDenied: no access"))
    other = split_check(9, 9, most_rows=500).short()
    assert (found.result, "no access" in found.detail) == (CheckResult.SKIPPED, True)
    assert replaced([other, base_model_misses(calibrated(1, 2))], found) == (other, found)
