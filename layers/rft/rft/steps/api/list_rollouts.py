"""Lists a run's rollouts."""

from __future__ import annotations

from dataclasses import dataclass, field

from rft.contracts.http.files import RolloutPage
from rft.contracts.telemetry import Rollout
from rft.ports.runs import Ledger
from rft.ports.training import RolloutReader
from rft.training.rollout_filter import RolloutFilter as RolloutFilter  # noqa: PLC0414  the API makes one
from rft.training.rollout_filter import RolloutPosition, rollout_position

MAX_OBJECTS = 100
"""Maximum number of objects read per page: takes a second or two."""
MAX_ANSWER_CHARACTERS = 2_000_000
"""Maximum characters of answers per page: Lambda's response limit is 6 MB; JSON needs up to six bytes per character."""


@dataclass
class _Page:
    limit: int
    rollouts: list[Rollout] = field(default_factory=list)
    unreadable: int = 0
    characters: int = 0

    @property
    def full(self) -> bool:
        return len(self.rollouts) >= self.limit or self.characters >= MAX_ANSWER_CHARACTERS

    def add(self, rollout: Rollout) -> None:
        self.rollouts.append(rollout)
        self.characters += len(rollout.answer or "")


def list_rollouts(
    *,
    run_id: str,
    accepted: RolloutFilter,
    limit: int,
    cursor: str | None,
    ledger: Ledger,
    reader: RolloutReader,
) -> RolloutPage:
    """Raises RunNotFound, InvalidRequest (cursor) and the Retryable… errors."""
    ledger.get(run_id)
    page = _Page(limit)
    end = _fill(page, run_id, accepted, rollout_position(cursor), reader)
    return RolloutPage(
        run_id=run_id,
        rollouts=tuple(page.rollouts),
        unreadable=page.unreadable,
        cursor=end.cursor() if end else None,
    )


def _fill(
    page: _Page, run_id: str, accepted: RolloutFilter, start: RolloutPosition, reader: RolloutReader
) -> RolloutPosition | None:
    """Fills the page; returns the position of the next page, None after the last rollout."""
    listed = [stored.name for stored in reader.after(run_id, start.name, most=MAX_OBJECTS)]
    names = [*([start.name] if start.name else []), *listed]
    first, end = start.row, start
    for name, rows in zip(names, reader.read(run_id, names), strict=True):
        page.unreadable += rows is None
        for number, rollout in enumerate((rows or ())[first:], first):
            if page.full:
                return RolloutPosition(name, number)
            if accepted.passes(rollout):
                page.add(rollout)
        first, end = 0, RolloutPosition(name, len(rows or ()))
    return end if listed else None
