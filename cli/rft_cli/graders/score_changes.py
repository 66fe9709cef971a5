"""Effect of another grader on training: scores, ranks within groups, advantages and flipped rows. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

SOLVED = 0.5
"""Minimum score of a solved row, as in evaluations."""
EPSILON = 1e-9
"""Maximum difference of scores that count as equal."""
SHOWN = 10


@dataclass(frozen=True)
class RescoredRollout:
    """Scores of one answer by both graders (None: not scored), and the new grader's error if it gave no score."""

    id: str
    row: str
    before: float | None
    after: float | None
    error: str = ""

    @property
    def pair(self) -> tuple[float, float] | None:
        return None if self.before is None or self.after is None else (self.before, self.after)


@dataclass(frozen=True)
class GroupChange:
    """Changes within one group of answers to the same prompt."""

    pairs: int
    reordered: int
    advantages: Sequence[tuple[float, float]]
    flat: tuple[bool, bool]


def score_changes(rescored: Sequence[RescoredRollout], group_size: int) -> dict[str, Any]:
    """The comparison as JSON types. A group is `group_size` consecutive answers to a row."""
    pairs = [each.pair for each in rescored if each.pair]
    groups = [found for group in _groups(rescored, group_size) if (found := group_change(group))]
    advantages = [pair for group in groups for pair in group.advantages]
    return {
        "rollouts": len(rescored),
        "errors_before": sum(each.before is None for each in rescored),
        "errors_after": sum(each.after is None for each in rescored),
        "error_reasons": _reasons(rescored),
        "mean_before": _mean(before for before, _ in pairs),
        "mean_after": _mean(after for _, after in pairs),
        "correlation": correlation(pairs),
        "changed": sum(abs(after - before) > EPSILON for before, after in pairs),
        "now_solved": sum(before < SOLVED <= after for before, after in pairs),
        "no_longer_solved": sum(after < SOLVED <= before for before, after in pairs),
        "groups": len(groups),
        "answer_pairs": sum(group.pairs for group in groups),
        "answer_pairs_reordered": sum(group.reordered for group in groups),
        "groups_without_signal_before": sum(group.flat[0] for group in groups),
        "groups_without_signal_after": sum(group.flat[1] for group in groups),
        "advantages_with_another_sign": sum(before * after < 0 for before, after in advantages),
        "mean_advantage_change": _mean(abs(after - before) for before, after in advantages),
        "flips": [asdict(each) for each in largest_flips(rescored)],
    }


def group_change(group: Sequence[tuple[float, float]]) -> GroupChange | None:
    """None for a group with fewer than two answers scored by both graders."""
    if len(group) < 2:
        return None
    signs = [(_sign(one[0] - other[0]), _sign(one[1] - other[1])) for one, other in combinations(group, 2)]
    before, after = (advantages([pair[at] for pair in group]) for at in (0, 1))
    return GroupChange(
        pairs=len(signs),
        reordered=sum(first != second for first, second in signs),
        advantages=list(zip(before, after, strict=True)),
        flat=(not any(before), not any(after)),
    )


def advantages(scores: Sequence[float]) -> list[float]:
    """GRPO advantages: (score - mean) / standard deviation of the group; all 0 if the scores are equal."""
    mean = math.fsum(scores) / len(scores)
    deviation = math.sqrt(math.fsum((score - mean) ** 2 for score in scores) / len(scores))
    return [(score - mean) / deviation if deviation > EPSILON else 0.0 for score in scores]


def correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson correlation; None if either variable is constant."""
    if len(pairs) < 2:
        return None
    one, other = (advantages([pair[at] for pair in pairs]) for at in (0, 1))
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / len(pairs) if any(one) and any(other) else None


def largest_flips(rescored: Iterable[RescoredRollout]) -> list[RescoredRollout]:
    """Answers that only one of the graders counts as solved: one per row, by descending change."""
    flips: dict[str, RescoredRollout] = {}
    for each in sorted(rescored, key=lambda each: (-_change(each), each.row, each.id)):
        if each.pair and (each.pair[0] >= SOLVED) != (each.pair[1] >= SOLVED):
            flips.setdefault(each.row, each)
            if len(flips) == SHOWN:
                break
    return list(flips.values())


def _groups(rescored: Iterable[RescoredRollout], size: int) -> list[list[tuple[float, float]]]:
    """Groups of consecutive answers per row; answers that either grader did not score are omitted."""
    rows: Mapping[str, list[RescoredRollout]] = defaultdict(list)
    for each in rescored:
        rows[each.row].append(each)
    return [
        [each.pair for each in answers[at : at + size] if each.pair]
        for answers in rows.values()
        for at in range(0, len(answers), size)
    ]


def _reasons(rescored: Iterable[RescoredRollout]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for each in rescored:
        if each.after is None:
            counts[each.error] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:SHOWN])


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return math.fsum(found) / len(found) if found else None


def _sign(difference: float) -> int:
    return 0 if abs(difference) <= EPSILON else (1 if difference > 0 else -1)


def _change(each: RescoredRollout) -> float:
    return abs(each.pair[1] - each.pair[0]) if each.pair else -1.0
