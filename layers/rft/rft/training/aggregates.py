"""Sums over rollouts, and points computed from them. Pure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import Any

from rft.contracts.metrics import Group, Tally, TrainingPoint, ValidationPoint
from rft.contracts.telemetry import Rollout

ANSWER_FIGURES = ("entropy", "copied", "weakest", "above_audit")
"""Statistics of an answer in telemetry, besides its length."""

DIGITS = 9
"""Rounding of scores before they are summed: smaller differences count as equal, and DynamoDB stores sums exactly."""

SHOWN_DIGITS, FIGURE_DIGITS = 6, 3


def with_rollouts(tally: Tally, rollouts: Iterable[Rollout], *, groups: bool = True) -> Tally:
    """The tally plus these rollouts. Without `groups`, answers to one prompt are not compared."""
    sums: dict[str, Any] = tally.model_dump(exclude={"groups", "figures"})
    of_prompt, figures = dict(tally.groups), dict(tally.figures)
    for rollout in rollouts:
        sums["rollouts"] += 1
        sums["judge_calls"] += rollout.judge.calls if rollout.judge else 0
        if rollout.answer_length is not None:
            sums["answers"] += 1
            sums["characters"] += rollout.answer_length
        _count_figures(figures, rollout)
        if rollout.score is None:
            sums["errors"] += 1
            continue
        score = round(rollout.score, DIGITS)
        sums["scores"] += score
        sums["squares"] += score * score
        if groups and rollout.task_id is not None:
            name = _short(rollout.task_id)
            of_prompt[name] = _grown(of_prompt.get(name), score)
    return Tally(**sums, groups=of_prompt, figures=figures)


def _count_figures(figures: dict[str, tuple[int, float]], rollout: Rollout) -> None:
    for name in ANSWER_FIGURES:
        figure = getattr(rollout, name)
        if figure is not None:
            count, total = figures.get(name, (0, 0.0))
            figures[name] = count + 1, total + round(figure, DIGITS)


def training_point(tally: Tally, step: int) -> TrainingPoint:
    """Statistics of a training step. A prompt with a single scored answer is not a group."""
    groups = [group for group in tally.groups.values() if group[0] > 1]
    flat = sum(same for _, _, same in groups) / len(groups) if groups else None
    return TrainingPoint(
        step=step, **_figures(tally), groups=len(groups), flat_groups=_shown(flat), judge_calls=tally.judge_calls
    )


def validation_point(tally: Tally, step: int) -> ValidationPoint:
    return ValidationPoint(step=step, **_figures(tally))


def _figures(tally: Tally) -> dict[str, Any]:
    scored = tally.rollouts - tally.errors
    mean = tally.scores / scored if scored else None
    spread = None if mean is None else math.sqrt(max(0.0, tally.squares / scored - mean * mean))
    return {
        "rollouts": tally.rollouts,
        "errors": tally.errors,
        "reward": _shown(mean),
        "spread": _shown(spread),
        "length": round(tally.characters / tally.answers, 1) if tally.answers else None,
        **{name: round(total / count, FIGURE_DIGITS) for name, (count, total) in tally.figures.items()},
    }


def _grown(group: Group | None, score: float) -> Group:
    if group is None:
        return 1, score, True
    count, first, same = group
    return count + 1, first, same and score == first


def _short(task_id: str) -> str:
    """32-bit hash: two of a step's 512 prompts collide once in 30,000 steps and then count as one group."""
    return hashlib.blake2b(task_id.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _shown(figure: float | None) -> float | None:
    return None if figure is None else round(figure, SHOWN_DIGITS)
