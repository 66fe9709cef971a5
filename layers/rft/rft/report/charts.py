"""Charts as coordinates, which a template renders as SVG with a table of the values. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rft.contracts.evaluation import EvaluationSummary, SliceDifference
from rft.contracts.metrics import Point, TrainingMetrics

WIDTH, HEIGHT = 360, 200
"""Narrow enough that labels are readable on a 320-pixel screen."""
LEFT, RIGHT, TOP, BOTTOM = 46, 24, 18, 24
"""Margins of the plot for axis labels and the mark of simulated data."""
INTERVAL_WIDTH = 160
MAX_SLICES = 40

Values = Sequence[tuple[float, float | None]]
"""(x, y) points in order of x; a y of None is a gap."""


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Series:
    """One line: segments between gaps as SVG points, and dots for isolated points."""

    name: str
    pieces: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class LineChart:
    """Values over training steps. `table`: one row per x, values in the order of `series`."""

    id: str
    title: str
    summary: str
    series: tuple[Series, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    table: tuple[tuple[float, tuple[float | None, ...]], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class IntervalRow:
    """A difference with its 95 % interval, and their coordinates from 0 to INTERVAL_WIDTH."""

    name: str
    rows: int
    difference: float
    low: float | None
    high: float | None
    adjusted_p: float | None
    at: float
    low_at: float | None
    high_at: float | None


@dataclass(frozen=True)
class IntervalChart:
    """Differences between two models: overall, then by slice; `hidden` slices are omitted."""

    rows: tuple[IntervalRow, ...]
    zero: float
    hidden: int
    width: int = INTERVAL_WIDTH


def training_charts(metrics: TrainingMetrics) -> tuple[LineChart, ...]:
    """All charts that have at least one value."""
    training, validation = metrics.training, metrics.validation

    errors: Values = [
        (float(point.step), point.errors / point.rollouts if point.rollouts else None) for point in training
    ]
    calls: Values = [(float(point.step), point.judge_calls / point.steps) for point in training]
    charts: list[tuple[str, str, dict[str, Values]]] = [
        ("reward", "Reward", {"training": _curve(training, "reward"), "validation": _curve(validation, "reward")}),
        ("spread", "Standard deviation of rewards", {"training": _curve(training, "spread")}),
        ("length", "Answer length (characters)",
         {"training": _curve(training, "length"), "validation": _curve(validation, "length")}),
        ("entropy", "Entropy of answers (bits per word)", {"training": _curve(training, "entropy")}),
        ("copied", "Answer copied from the prompt (share)", {"training": _curve(training, "copied")}),
        ("flat-groups", "Groups without signal (share)", {"training": _curve(training, "flat_groups")}),
        ("errors", "Rollouts not graded (share)", {"training": errors}),
        ("judge-calls", "Judge calls per step", {"training": calls if metrics.judge else []}),
    ]  # fmt: skip
    return tuple(chart for each in charts if (chart := line_chart(*each)))


def comparison_charts(runs: Mapping[str, TrainingMetrics]) -> tuple[LineChart, ...]:
    """Curves of several runs in shared charts, one line per run."""
    charts: list[tuple[str, str, dict[str, Values]]] = [
        ("reward", "Reward", {name: _curve(run.training, "reward") for name, run in runs.items()}),
        ("validation", "Reward on validation rows", {n: _curve(run.validation, "reward") for n, run in runs.items()}),
        ("length", "Answer length (characters)", {name: _curve(run.training, "length") for name, run in runs.items()}),
        ("flat-groups", "Groups without signal (share)",
         {name: _curve(run.training, "flat_groups") for name, run in runs.items()}),
    ]  # fmt: skip
    return tuple(chart for each in charts if (chart := line_chart(*each)))


def _curve(points: Sequence[Point], name: str) -> Values:
    return [(float(point.step), getattr(point, name)) for point in points]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def line_chart(id: str, title: str, lines: dict[str, Values]) -> LineChart | None:  # noqa: A002 - SVG's own name
    """Returns None if there are no values."""
    known = {name: [(x, y) for x, y in values if y is not None] for name, values in lines.items()}
    points = [point for values in known.values() for point in values]
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x_ticks, y_ticks = ticks(min(xs), max(xs), whole=True), ticks(min(0.0, *ys), max(ys))
    x_scale = _scale((min(xs), max(xs)), (LEFT, WIDTH - RIGHT))
    y_scale = _scale((y_ticks[0], y_ticks[-1]), (HEIGHT - BOTTOM, TOP))
    shown = {name: values for name, values in lines.items() if known[name]}
    return LineChart(
        id=id,
        title=title,
        summary="; ".join(_summary(name, known[name]) for name in shown),
        series=tuple(_series(name, values, x_scale, y_scale) for name, values in shown.items()),
        x_ticks=tuple(Tick(x_scale(x), label(x)) for x in x_ticks if min(xs) <= x <= max(xs)),
        y_ticks=tuple(Tick(y_scale(y), label(y)) for y in y_ticks),
        table=tuple(_table(shown)),
    )


def interval_chart(whole: EvaluationSummary, slices: Sequence[SliceDifference]) -> IntervalChart | None:
    """Returns None if nothing was compared."""
    if whole.difference is None:
        return None
    first = SliceDifference(
        kind="all", name="rows", rows=whole.rows, difference=whole.difference, interval=whole.interval, adjusted_p=None
    )
    shown = [first, *slices[:MAX_SLICES]]
    ends = [0.0, *(end for each in shown for end in (*(each.interval or ()), each.difference))]
    scale = _scale((min(ends), max(ends)), (6, INTERVAL_WIDTH - 6))
    rows = tuple(_interval_row(each, scale) for each in shown)
    return IntervalChart(rows=rows, zero=scale(0.0), hidden=max(0, len(slices) - MAX_SLICES))


def ticks(low: float, high: float, *, whole: bool = False, most: int = 5) -> list[float]:
    """Evenly spaced round numbers that cover `low` to `high`."""
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(step for factor in (1, 2, 5, 10, 20) if span / (step := factor * power) <= most)
    if whole:
        step = max(1.0, math.ceil(step))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def label(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"


@dataclass(frozen=True)
class _scale:  # noqa: N801 - used as a function
    figures: tuple[float, float]
    coordinates: tuple[float, float]

    def __call__(self, value: float) -> float:
        low, high = self.figures
        start, end = self.coordinates
        share = (value - low) / (high - low) if high > low else 0.5
        return round(start + share * (end - start), 1)


def _series(name: str, values: Values, x_scale: _scale, y_scale: _scale) -> Series:
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in values:
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((x_scale(x), y_scale(y)))
    return Series(
        name=name,
        pieces=tuple(" ".join(f"{x:g},{y:g}" for x, y in piece) for piece in pieces if len(piece) > 1),
        dots=tuple(piece[0] for piece in pieces if len(piece) == 1),
    )


def _table(lines: dict[str, Values]) -> Iterator[tuple[float, tuple[float | None, ...]]]:
    figures = {name: dict(values) for name, values in lines.items()}
    for x in sorted({x for values in figures.values() for x in values}):
        yield x, tuple(values.get(x) for values in figures.values())


def _summary(name: str, points: Sequence[tuple[float, float]]) -> str:
    (first_x, first), (last_x, last) = points[0], points[-1]
    if len(points) == 1:
        return f"{name} {first:.4g} at step {first_x:g}"
    return f"{name} from {first:.4g} at step {first_x:g} to {last:.4g} at step {last_x:g}"


def _interval_row(each: SliceDifference, scale: _scale) -> IntervalRow:
    low, high = each.interval or (None, None)
    return IntervalRow(
        name=f"{each.kind} {each.name}" if each.kind != "all" else "all rows",
        rows=each.rows,
        difference=each.difference,
        low=low,
        high=high,
        adjusted_p=each.adjusted_p,
        at=scale(each.difference),
        low_at=None if low is None else scale(low),
        high_at=None if high is None else scale(high),
    )
