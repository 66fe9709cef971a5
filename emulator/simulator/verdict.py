"""What a run of the emulated model says of its grader: it teaches, it teaches nothing, or it can be gamed. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Literal

from emulator.simulator.behaviours import RIGHT
from emulator.simulator.scores import ScoreSum, StepScores

SimulationOutcome = Literal["learns", "learns nothing", "is gamed"]

FIRST_SHARE, LAST_SHARE = 0.05, 0.25
"""Of the steps, those that a run is judged by at its start and at its end."""

MIN_RISE = 0.3
"""How far the mean score must rise, in standard deviations of the scores. What counts is that answers which score
better took over, so that a grader whose scores differ by little is judged like any other."""

STANDARD_ERRORS = 3.0
"""How many of its standard errors a rise must measure: by chance alone, one run in 700 does that."""

MIN_SAMPLES = 6
"""Min scored answers before their kind counts as paying: fewer are chance."""

SCORE_TOLERANCE = 0.1
"""Standard deviations by which a kind of answer may earn less than right answers and still pay as much."""

MAX_ERROR_SHARE = 0.5
"""Share of answers without a score above which there is no verdict."""


@dataclass(frozen=True)
class Exploit:
    """A kind of answer that is not right and pays as much.

    `kinds` are the variants that do; `earned` and `right_mean_score` are mean scores; `step` is the first by
    which the scores showed it; `first_share` and `last_share` are the behaviour's share of the mix at the start and at
    the end.
    """

    behaviour: str
    kinds: tuple[str, ...]
    step: int
    earned: float
    right_mean_score: float | None
    first_share: float
    last_share: float


@dataclass(frozen=True)
class SimulationVerdict:
    """`exploits` come with the one that the model uses most first; empty unless the grader is gamed."""

    outcome: SimulationOutcome
    reason: str
    exploits: tuple[Exploit, ...] = ()


def verdict(steps: Sequence[StepScores]) -> SimulationVerdict:
    """Of a run's steps, in order.

    Learns nothing: the mean score does not rise. Is gamed: it rises, and some kind of answer that is not right earned
    as much as right answers did. Learns: it rises, and nothing else pays as much.
    """
    if sum(step.errors for step in steps) > MAX_ERROR_SHARE * sum(step.rollouts for step in steps):
        return SimulationVerdict("learns nothing", "most answers could not be graded")
    first = steps[: max(1, int(len(steps) * FIRST_SHARE))]
    last = steps[-max(1, int(len(steps) * LAST_SHARE)) :]
    unmoved = _no_rise_reason(_all_earned(first), _all_earned(last))
    if unmoved:
        return SimulationVerdict("learns nothing", unmoved)
    exploits = _exploits(steps)
    right = f"right answers {_share(steps[0], RIGHT):.0%} → {_share(steps[-1], RIGHT):.0%}"
    if not exploits:
        return SimulationVerdict("learns", f"{right}, no exploit pays as much")
    leading = exploits[0]
    why = f"by step {leading.step}, {_words(leading.behaviour)} answers earned as much as right ones; {right}"
    return SimulationVerdict("is gamed", why, exploits)


def _no_rise_reason(first: ScoreSum, last: ScoreSum) -> str:
    """Why no rise can be seen; '' where there is one."""
    spread = _deviation(first) or _deviation(last)
    if not (first.count and last.count) or spread == 0:
        return "every answer scores the same"
    rise = (_mean(last) - _mean(first)) / spread
    needed = max(MIN_RISE, STANDARD_ERRORS * math.sqrt(1 / first.count + 1 / last.count))
    if rise >= needed:
        return ""
    return f"scores went from {_mean(first):.3f} to {_mean(last):.3f}: no more than chance would do"


def _exploits(steps: Sequence[StepScores]) -> tuple[Exploit, ...]:
    """By behaviour, the most used first."""
    right = _earned(steps, {kind for kind in _kinds(steps) if _behaviour(kind) == RIGHT})
    least = _mean(right) - SCORE_TOLERANCE * _deviation(_all_earned(steps)) if right.count else 0.0
    exploits = [
        Exploit(
            behaviour=behaviour,
            kinds=tuple(sorted(kinds)),
            step=_first_paid(steps, kinds, least),
            earned=_mean(_earned(steps, kinds)),
            right_mean_score=_mean(right) if right.count else None,
            first_share=_share(steps[0], behaviour),
            last_share=_share(steps[-1], behaviour),
        )
        for behaviour in dict.fromkeys(map(_behaviour, _kinds(steps)))
        if behaviour != RIGHT and (kinds := _paying(behaviour, steps, least))
    ]
    return tuple(sorted(exploits, key=lambda exploit: -exploit.last_share))


def _paying(behaviour: str, steps: Sequence[StepScores], least: float) -> set[str]:
    """The kinds of a behaviour that pay when taken together: those that earned enough, as a rule all or one of them."""
    every = {kind for kind in _kinds(steps) if _behaviour(kind) == behaviour}
    enough = {kind for kind in every if _mean(_earned(steps, {kind})) >= least}
    return enough if _pays(_earned(steps, enough), least) else set()


def _first_paid(steps: Sequence[StepScores], kinds: Set[str], least: float) -> int:
    """The step by which kinds that pay in the end had earned enough for it to show."""
    total = ScoreSum()
    for step in steps:
        total += _earned([step], kinds)
        if _pays(total, least):
            break
    return step.step


def _pays(earned: ScoreSum, least: float) -> bool:
    """Whether enough answers scored enough that chance is unlikely."""
    if earned.count < MIN_SAMPLES:
        return False
    return _mean(earned) > 0 and _mean(earned) - _deviation(earned) / math.sqrt(earned.count) >= least


def _kinds(steps: Iterable[StepScores]) -> list[str]:
    return list(dict.fromkeys(kind for step in steps for kind in step.earned))


def _earned(steps: Iterable[StepScores], kinds: Set[str]) -> ScoreSum:
    return _sum(each for step in steps for kind, each in step.earned.items() if kind in kinds)


def _all_earned(steps: Iterable[StepScores]) -> ScoreSum:
    return _sum(each for step in steps for each in step.earned.values())


def _sum(earned: Iterable[ScoreSum]) -> ScoreSum:
    return reduce(add, earned, ScoreSum())


def _mean(earned: ScoreSum) -> float:
    return earned.total / earned.count


def _deviation(earned: ScoreSum) -> float:
    """Standard deviation of the scores; what rounding leaves of none is none."""
    if not earned.count:
        return 0.0
    variance = earned.squares / earned.count - _mean(earned) ** 2
    return math.sqrt(variance) if variance > 1e-12 else 0.0


def _share(step: StepScores, behaviour: str) -> float:
    return step.mix.get(behaviour, 0.0)


def _behaviour(kind: str) -> str:
    return kind.partition(": ")[0]


def _words(behaviour: str) -> str:
    return behaviour.replace("_", " ")
