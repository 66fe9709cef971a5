"""Statistics of the base model's answers before training: does the dataset give a training signal? Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from rft.contracts.agreement import Interval
from rft.contracts.calibration import Difficulty
from rft.smoke_test.statistics import mean_interval, wilson

Scores = tuple[float, ...]
"""Scores of one row's answers."""

SOLVED = 0.5
"""Minimum score of a right answer."""

SIGNAL = 0.1
"""Minimum spread of a row's scores that gives GRPO a signal: a tenth of the range."""

MIN_SIGNAL = 0.05
"""Minimum share of rows with a signal: below it, 19 of 20 rollout groups of a training step are wasted."""

FLAT = 0.95
"""Share of always or never right rows above which a dataset counts as mostly solved or hopeless."""

BLOCKING = frozenset({"hopeless", "mostly_solved"})
"""Difficulties without a signal for GRPO, which compares answers to one prompt."""

GOOD_MEAN = (0.2, 0.8)
"""Mean scores outside this range learn slowly (AWS's guidance for reward functions: neither too easy nor too hard)."""


@dataclass(frozen=True)
class Sampled:
    """One row's scored answers; errors are excluded, truncated answers are included."""

    row_id: str
    scores: Scores


@dataclass(frozen=True)
class Share:
    """`hits` of `n` rows, with Wilson's 95 % confidence interval."""

    hits: int
    n: int
    interval: Interval

    @property
    def value(self) -> float:
        """The share; 0 if there are no rows."""
        return self.hits / self.n if self.n else 0.0


@dataclass(frozen=True)
class Difficulties:
    """Rows by the base model's scores. `tied`: all scores are equal. `signal`: they differ by at least SIGNAL."""

    mean: float | None
    mean_interval: Interval | None
    always_right: Share
    never_right: Share
    between: Share
    tied: Share
    signal: Share
    difficulty: Difficulty
    reason: str
    warnings: tuple[str, ...]


def difficulties(rows: Sequence[Sampled], *, solved: float = SOLVED) -> Difficulties:
    """Rows with fewer than two scores count in the mean only."""
    scored = [row for row in rows if row.scores]
    several = [row.scores for row in scored if len(row.scores) > 1]
    means = [fmean(row.scores) for row in scored]
    always = _count(several, lambda scores: min(scores) >= solved)
    never = _count(several, lambda scores: max(scores) < solved)
    signal = _count(several, lambda scores: max(scores) - min(scores) >= SIGNAL)
    difficulty, reason = _classify(always, never, signal)
    mean = fmean(means) if means else None
    return Difficulties(
        mean=mean,
        mean_interval=mean_interval(means) if means else None,
        always_right=always,
        never_right=never,
        between=_rate(len(several) - always.hits - never.hits, len(several)),
        tied=tied_share(several),
        signal=signal,
        difficulty=difficulty,
        reason=reason,
        warnings=_warnings(mean),
    )


def tied_share(rows: Sequence[Scores]) -> Share:
    # Equal within 1e-8: such a rollout group gives no signal.
    return _count(rows, lambda scores: max(scores) - min(scores) < 1e-8)


def _classify(always: Share, never: Share, signal: Share) -> tuple[Difficulty, str]:
    """Decides by the share of rows with a signal; if it is too low, by the reason why."""
    if signal.interval[0] > MIN_SIGNAL:
        return "learnable", f"the scores of {signal.value:.0%} of rows differ enough to learn from"
    if always.value > FLAT:
        return "mostly_solved", f"the base model always answers {always.value:.0%} of rows right"
    if never.value > FLAT:
        return "hopeless", f"the base model never answers {never.value:.0%} of rows right"
    low, high = signal.interval
    return "undecided", (
        f"{signal.hits} of {signal.n} rows have scores to learn from: the share is between {low:.0%} and {high:.0%}; "
        "calibrate more rows"
    )


def _warnings(mean: float | None) -> tuple[str, ...]:
    if mean is None or GOOD_MEAN[0] <= mean <= GOOD_MEAN[1]:
        return ()
    return (f"the mean score is {mean:.2f}; training works best from {GOOD_MEAN[0]} to {GOOD_MEAN[1]}",)


def expected_untied(rows: Sequence[Sampled], samples: int, *, solved: float = SOLVED) -> float | None:
    """Expected share of rows whose `samples` answers are neither all right nor all wrong."""
    # Jeffreys' prior (half a right and half a wrong answer added): four right answers of four are not treated as
    # certain.
    shares = [(sum(s >= solved for s in row.scores) + 0.5) / (len(row.scores) + 1) for row in rows if row.scores]
    return fmean(1 - p**samples - (1 - p) ** samples for p in shares) if shares else None


def recommended_samples(rows: Sequence[Sampled], *, solved: float = SOLVED) -> int | None:
    """The smallest of 2, 4, 8 and 16 answers per prompt for which half of the groups are expected to give a signal."""
    for samples in (2, 4, 8, 16):
        if (expected_untied(rows, samples, solved=solved) or 0.0) >= 0.5:
            return samples
    return 16 if any(row.scores for row in rows) else None


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson correlation; None if either variable is constant."""
    if len(xs) < 2:
        return None
    mean_x, mean_y = fmean(xs), fmean(ys)
    both = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    squares = math.fsum((x - mean_x) ** 2 for x in xs) * math.fsum((y - mean_y) ** 2 for y in ys)
    return both / math.sqrt(squares) if squares > 0 else None


def _count(rows: Sequence[Scores], test: Callable[[Scores], bool]) -> Share:
    return _rate(sum(map(test, rows)), len(rows))


def _rate(hits: int, n: int) -> Share:
    return Share(hits, n, wilson(hits, n))
