from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.evaluation import EvaluationSummary, SliceDifference
from rft.report.charts import HEIGHT, INTERVAL_WIDTH, MAX_SLICES, WIDTH, interval_chart, line_chart, ticks

CHARACTER = 6.7
"""Mean width of a digit or comma at 12 px: the labels of the axis stand centred below its ticks."""

figures = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: round(x, 6))


@given(st.lists(st.tuples(st.integers(1, 100_000), st.none() | figures), max_size=60, unique_by=lambda p: p[0]))
def test_a_chart_stays_in_its_frame_and_its_table_is_complete(points: list[tuple[int, float | None]]) -> None:
    values = sorted((float(x), y) for x, y in points)
    chart = line_chart("c", "C", {"training": values})
    known = [(x, y) for x, y in values if y is not None]
    if chart is None:
        assert known == []
        return
    drawn = [
        tuple(map(float, each.split(","))) for line in chart.series for piece in line.pieces for each in piece.split()
    ]
    drawn += [dot for line in chart.series for dot in line.dots]
    assert len(drawn) == len(known)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn)
    assert all(chart.top <= y <= chart.bottom for _, y in drawn)  # above stands the mark of simulated data
    assert [(x, y) for x, (y,) in chart.table] == values
    assert all(tick.at + CHARACTER * len(tick.label) / 2 <= WIDTH for tick in chart.x_ticks)


@given(figures, figures)
def test_ticks_are_round_few_and_enclose(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = ticks(low, high)
    assert 2 <= len(found) <= 8
    rounding = 2e-9 * (found[1] - found[0])
    assert found[0] <= low + rounding
    assert found[-1] >= high - rounding
    assert all(math.isfinite(tick) for tick in found)


def test_a_gap_breaks_the_line_and_a_lone_point_is_a_dot() -> None:
    chart = line_chart("c", "C", {"training": [(1, 0.1), (2, 0.2), (3, None), (4, 0.4)]})
    assert chart is not None
    assert [len(piece.split()) for piece in chart.series[0].pieces] == [2]
    assert len(chart.series[0].dots) == 1


@pytest.mark.parametrize("points", [[], [(1.0, None)]])
def test_without_values_there_is_no_chart(points: list[tuple[float, float | None]]) -> None:
    assert line_chart("c", "C", {"training": points}) is None


def test_intervals_share_one_scale_and_too_many_parts_are_counted() -> None:
    part = SliceDifference(kind="label", name="a", rows=5, difference=-0.5, interval=(-1.0, 0.1), adjusted_p=0.2)
    whole = EvaluationSummary(status="completed", rows=30, difference=0.3, interval=(0.1, 0.5))
    chart = interval_chart(whole, [part] * (MAX_SLICES + 3))
    assert chart is not None
    assert (len(chart.rows), chart.hidden) == (MAX_SLICES + 1, 3)
    first, second = chart.rows[:2]
    assert first.low_at is not None
    assert second.low_at is not None
    assert 0 < second.low_at < second.at < chart.zero < first.low_at < first.at < INTERVAL_WIDTH


def test_an_evaluation_without_figures_has_no_chart() -> None:
    assert interval_chart(EvaluationSummary(status="failed", reason="r"), ()) is None
