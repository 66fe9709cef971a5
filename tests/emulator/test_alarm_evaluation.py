"""Alarm evaluation by the rules of the CloudWatch User Guide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.cloudwatch.evaluation import AlarmRule, breaches, statistic

RULE = AlarmRule("GreaterThanThreshold", 4, "Sum", 300, 1, 1, "notBreaching")


def test_a_sum_counts_the_points_of_one_period() -> None:
    points = [(float(at), 1.0) for at in range(100, 600, 100)]
    assert not breaches(RULE, points, 600.0)
    assert breaches(replace(RULE, threshold=1), points, 600.0)


@pytest.mark.parametrize(("datapoints", "breached"), [(1, True), (2, True), (3, False)])
def test_m_of_n_periods_must_breach(datapoints: int, breached: bool) -> None:
    rule = replace(RULE, periods=3, datapoints=datapoints)
    assert breaches(rule, [(100.0, 9.0), (500.0, 9.0), (800.0, 1.0)], 900.0) is breached


@pytest.mark.parametrize(("missing", "breached"), [("notBreaching", False), ("missing", False), ("breaching", True)])
def test_a_period_without_data_is_treated_as_the_alarm_says(missing: str, breached: bool) -> None:
    assert breaches(replace(RULE, missing=missing), [], 900.0) is breached


def test_a_percentile_is_the_nearest_rank_value() -> None:
    assert statistic("p95", [float(n) for n in range(1, 101)]) == 95.0
    assert statistic("p95", [3.0]) == 3.0
