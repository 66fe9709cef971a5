"""Lists runs."""

from __future__ import annotations

from rft.contracts.http.api import RunLine, RunList, addresses
from rft.contracts.ledger import RunRecord, RunStatus
from rft.ports.runs import JobQueue, RunHistory
from rft.runs.simulated import is_emulated

LISTED_PLACES = 1000
"""Runs of the queue whose place a list shows: 100 kB, one page of a query. A run itself shows any place."""


def list_runs(
    *,
    status: RunStatus | None,
    name: str | None,
    tag: str | None,
    requested_by: str | None,
    limit: int,
    cursor: str | None,
    history: RunHistory,
    queue: JobQueue,
) -> RunList:
    """Runs that pass all filters, newest first; `tag` is `key=value`. Raises InvalidRequest (cursor)."""
    page = history.page(status=status, name=name, tag=_pair(tag), requested_by=requested_by, limit=limit, cursor=cursor)
    # The queue is read once, and only for a page with a run that waits.
    places = _places(queue) if any(record.waits_for_quota for record in page.records) else {}
    lines = (_line(record, places.get(record.run_id) if record.waits_for_quota else None) for record in page.records)
    return RunList(runs=tuple(lines), cursor=page.cursor)


def _places(queue: JobQueue) -> dict[str, int]:
    """Runs ahead of each at the head of the queue, by run id."""
    return {run_id: ahead for ahead, run_id in enumerate(queue.first(LISTED_PLACES))}


def _pair(tag: str | None) -> tuple[str, str] | None:
    if tag is None:
        return None
    key, _, value = tag.partition("=")
    return key, value


def _line(record: RunRecord, ahead: int | None) -> RunLine:
    return RunLine(
        run_id=record.run_id,
        name=record.name,
        task=record.request.dataset.task,
        status=record.status,
        tags=record.request.tags,
        requested_by=record.requested_by,
        created_at=record.created_at,
        updated_at=record.updated_at,
        reward=record.reward,
        model_arn=record.model_arn,
        simulated=is_emulated(record),
        queue_ahead=ahead,
        links=addresses(record.run_id),
    )
