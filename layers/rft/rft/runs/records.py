"""Changing a run record, and its place in the list of runs. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import InvalidRequest

UNLISTED = ("metrics", "reading")
"""Fields that records in a list are without: they make up nearly all of a record, and no list shows them."""

_POSITION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z#[a-z0-9-]{1,63}")


def revised(record: RunRecord, changes: Mapping[str, Any], *, at: datetime) -> RunRecord:
    """The record with fields replaced, checked as a whole: what cannot be read back is never written."""
    return RunRecord.model_validate({**dict(record), **changes, "updated_at": at})


def listed(record: RunRecord) -> RunRecord:
    """The record as a list has it."""
    return record.model_copy(update=dict.fromkeys(UNLISTED))


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list; None lets every run pass."""

    status: RunStatus | None = None
    name: str | None = None
    tag: tuple[str, str] | None = None

    def passes(self, record: RunRecord) -> bool:
        """True for a run that meets all that is asked."""
        return (
            self.status in (None, record.status)
            and self.name in (None, record.name)
            and (self.tag is None or record.request.tags.get(self.tag[0]) == self.tag[1])
        )


def list_position(record: RunRecord) -> str:
    """Where a run stands in lists: by time of creation, then id. Fixed width, so that text order is time order."""
    return f"{record.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}#{record.run_id}"


def to_cursor(last: str) -> str:
    """A page's end as an opaque, URL-safe word."""
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> str:
    """The position a cursor stands for. Raises InvalidRequest for a word that `to_cursor` did not make."""
    try:
        last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        last = ""
    if not _POSITION.fullmatch(last):
        raise InvalidRequest("is not a cursor of an earlier page; leave it out to start at the newest", field="cursor")
    return last
