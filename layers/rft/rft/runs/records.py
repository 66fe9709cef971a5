"""Updates of a run record, and its position in the list of runs. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rft.contracts.http.principal import Principal
from rft.contracts.ledger import Decision, RunEvent, RunRecord, RunStatus
from rft.errors import InvalidRequest
from rft.runs.status import TERMINAL

UNLISTED = ("metrics", "reading")
"""Fields omitted from records in lists: they make up most of a record's size and no list shows them."""

_POSITION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z#[a-z0-9-]{1,63}")


def revised(record: RunRecord, changes: Mapping[str, Any], *, at: datetime) -> RunRecord:
    # Validated as a whole, so that only readable records are written.
    return RunRecord.model_validate({**dict(record), **changes, "updated_at": at})


def status_event(
    before: RunRecord | None, after: RunRecord, *, at: datetime, detail: str = "", caller: Principal | None = None
) -> RunEvent:
    """The event of a status change; `before` is None for a new run.

    If the change follows an approval, its approver is the caller; otherwise it is `caller`.
    """
    decision = None if caller is not None or before is None else _effective_decision(before, after.status)
    return RunEvent(
        at=at,
        before=before.status if before else None,
        after=after.status,
        detail=detail,
        caller=decision.caller if decision else caller if before else after.requested_by,
        by=decision.by if decision else "",
    )


def _effective_decision(before: RunRecord, after: RunStatus) -> Decision | None:
    decision = before.approval.decision if before.approval else None
    if before.status is not RunStatus.AWAITING_APPROVAL or decision is None:
        return None
    return decision if decision.approved == (after not in TERMINAL) else None


def listed(record: RunRecord) -> RunRecord:
    return record.model_copy(update=dict.fromkeys(UNLISTED))


@dataclass(frozen=True)
class RunFilter:
    """Filter of runs; a field of None matches every run."""

    status: RunStatus | None = None
    name: str | None = None
    tag: tuple[str, str] | None = None
    requested_by: str | None = None

    @property
    def is_indexed(self) -> bool:
        """True if an index serves the filter (it may miss very recent changes)."""
        return self.tag is None and self.requested_by is None

    def passes(self, record: RunRecord) -> bool:
        return (
            self.status in (None, record.status)
            and self.name in (None, record.name)
            and (self.tag is None or record.request.tags.get(self.tag[0]) == self.tag[1])
            and self.requested_by in (None, record.requested_by.id if record.requested_by else None)
        )


def list_position(record: RunRecord) -> str:
    """Sort key in lists: time of creation, then id; lexicographic order equals time order."""
    return f"{utc_text(record.created_at)}#{record.run_id}"


def utc_text(at: datetime) -> str:
    """Fixed-width UTC timestamp."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def to_cursor(last: str) -> str:
    """Encodes the position of a page's end as an opaque, URL-safe string."""
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> str:
    """Decodes a cursor to a position. Raises InvalidRequest for an invalid cursor."""
    try:
        last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        last = ""
    if not _POSITION.fullmatch(last):
        raise InvalidRequest("is not a cursor of a previous page; omit it to start with the newest", field="cursor")
    return last
