"""Differences by slice, corrected for multiple tests, and the rows that changed most. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rft.evaluation.paired import Difference, ScorePair, holm, paired_difference
from rft.smoke_test.statistics import quantile

EXAMPLES = 10
SMALLEST_SLICE = 5
"""Minimum rows of a slice: smaller ones show nothing, and each further slice weakens the correction."""

SLICE_RESAMPLES = 500


@dataclass(frozen=True)
class Slice:
    """`kind` is label, length or data_source. `adjusted_p`: Holm-corrected over all slices; None without a p-value."""

    kind: str
    name: str
    difference: Difference
    adjusted_p: float | None


def slices(pairs: Sequence[ScorePair], ids_of: Mapping[str, Mapping[str, Sequence[str]]]) -> tuple[Slice, ...]:
    """`ids_of`: kind → name → row ids. A kind with a single slice equals the whole and is dropped."""
    found = [
        (kind, name, paired_difference(part, resamples=SLICE_RESAMPLES)) for kind, name, part in _parts(pairs, ids_of)
    ]
    known = [difference.p_value for _, _, difference in found if difference.p_value is not None]
    adjusted = iter(holm(known))
    return tuple(
        Slice(kind, name, difference, None if difference.p_value is None else next(adjusted))
        for kind, name, difference in found
    )


def _parts(
    pairs: Sequence[ScorePair], ids_of: Mapping[str, Mapping[str, Sequence[str]]]
) -> Iterator[tuple[str, str, list[ScorePair]]]:
    for kind, names in ids_of.items():
        for name, ids in names.items() if len(names) > 1 else ():
            chosen = set(ids)
            part = [pair for pair in pairs if pair.row_id in chosen]
            if len(part) >= SMALLEST_SLICE:
                yield kind, name, part


def by_name(names: Mapping[str, str]) -> dict[str, list[str]]:
    """Groups row ids by name, names in order."""
    rows: dict[str, list[str]] = defaultdict(list)
    for row_id, name in names.items():
        rows[name].append(row_id)
    return {name: rows[name] for name in sorted(rows)}


def by_quartile(lengths: Mapping[str, int]) -> dict[str, list[str]]:
    """Groups row ids by length quartile, shortest first; names state the range in characters."""
    ordered = sorted(lengths.values())
    if not ordered:
        return {}
    limits = [ordered[0], *(quantile(ordered, share) for share in (0.25, 0.5, 0.75)), ordered[-1]]
    found = {row_id: sum(length > limit for limit in limits[1:4]) for row_id, length in lengths.items()}
    return {
        f"{limits[at]:.0f}-{limits[at + 1]:.0f} characters": [row for row, quarter in found.items() if quarter == at]
        for at in range(4)
        if at in found.values()
    }


@dataclass(frozen=True)
class Changes:
    """Rows that exactly one model solves, with up to ten ids each, largest change first."""

    regressions: int
    improvements: int
    regressed: tuple[str, ...]
    improved: tuple[str, ...]


def changes(pairs: Sequence[ScorePair], solved: float) -> Changes:
    """A row is solved at a score ≥ `solved`."""
    regressed = sorted((p for p in pairs if p.base >= solved > p.tuned), key=lambda p: (p.difference, p.row_id))
    improved = sorted((p for p in pairs if p.tuned >= solved > p.base), key=lambda p: (-p.difference, p.row_id))
    return Changes(
        regressions=len(regressed),
        improvements=len(improved),
        regressed=tuple(pair.row_id for pair in regressed[:EXAMPLES]),
        improved=tuple(pair.row_id for pair in improved[:EXAMPLES]),
    )
