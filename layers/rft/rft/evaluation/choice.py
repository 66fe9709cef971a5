"""Selects the rows to answer: whole groups for an evaluation, as many groups as possible for a calibration. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from rft.contracts.measuring_request import EvaluationRequest

MAX_EVALUATED_ROWS = 500
"""Default number of test rows: 500 answers of two models at 10 s each fit well into three hours."""


def row_limit(request: EvaluationRequest) -> int:
    return MAX_EVALUATED_ROWS if request.rows is None else request.rows


def whole_groups(groups: Sequence[str], limit: int, seed: int) -> list[int]:
    """Row numbers of whole groups, in seeded order up to `limit` rows, returned in file order.

    A group that would exceed the limit is skipped; smaller ones may follow. The selection depends only on group names
    and seed, not on row positions.
    """
    rows = _rows_of(groups)
    chosen: list[int] = []
    for group in sorted(rows, key=lambda name: _rank(name, seed)):
        if len(chosen) + len(rows[group]) <= limit:
            chosen.extend(rows[group])
    return sorted(chosen)


def spread_over_groups(groups: Sequence[str], limit: int, seed: int) -> list[int]:
    """Up to `limit` row numbers, one per group before any second one, so draws are as independent as possible."""
    rows = _rows_of(groups)
    order = sorted(rows, key=lambda name: _rank(name, seed))
    turns = [(turn, rank, number) for rank, name in enumerate(order) for turn, number in enumerate(rows[name])]
    return sorted(number for _, _, number in sorted(turns)[:limit])


def _rows_of(groups: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        rows[group].append(number)
    return rows


def _rank(name: str, seed: int) -> bytes:
    key = name.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(key, key=seed.to_bytes(8, "big"), digest_size=16).digest()
