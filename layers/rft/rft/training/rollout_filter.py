"""Filter of rollouts, and the list's cursor. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rft.contracts.base import SplitName
from rft.contracts.telemetry import Rollout
from rft.errors import InvalidRequest
from rft.training.rollouts import is_rollouts

_CURSOR = re.compile(r"([^~]{1,100})~(\d{1,9})")


@dataclass(frozen=True)
class RolloutFilter:
    """None matches every rollout. Score bounds are inclusive and exclude errors."""

    split: SplitName | None = None
    task_id: str | None = None
    errors: bool | None = None
    min_score: float | None = None
    max_score: float | None = None

    def passes(self, rollout: Rollout) -> bool:
        return (
            self.split in (None, rollout.split)
            and self.task_id in (None, rollout.task_id)
            and self.errors in (None, rollout.score is None)
            and self._in_bounds(rollout.score)
        )

    def _in_bounds(self, score: float | None) -> bool:
        if self.min_score is None and self.max_score is None:
            return True
        most = 1.0 if self.max_score is None else self.max_score
        return score is not None and (self.min_score or 0.0) <= score <= most


@dataclass(frozen=True)
class RolloutPosition:
    """The position before row `row` of the object `name`."""

    name: str = ""
    row: int = 0

    def cursor(self) -> str:
        return f"{self.name}~{self.row}"


def rollout_position(cursor: str | None) -> RolloutPosition:
    """Decodes a cursor. Raises InvalidRequest for an invalid one."""
    if cursor is None:
        return RolloutPosition()
    found = _CURSOR.fullmatch(cursor)
    if not found or not is_rollouts(found[1]):
        raise InvalidRequest("is not a cursor of a previous page; omit it to start with the first", field="cursor")
    return RolloutPosition(found[1], int(found[2]))
