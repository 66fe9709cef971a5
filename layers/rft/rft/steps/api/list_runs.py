"""Lists runs."""

from __future__ import annotations

from rft.contracts.http.api import RunLine, RunList, addresses
from rft.contracts.ledger import RunRecord, RunStatus
from rft.ports.runs import RunHistory


def list_runs(
    *,
    status: RunStatus | None,
    name: str | None,
    tag: str | None,
    requested_by: str | None,
    limit: int,
    cursor: str | None,
    history: RunHistory,
) -> RunList:
    """Runs that pass all filters, newest first; `tag` is `key=value`. Raises InvalidRequest (cursor)."""
    page = history.page(status=status, name=name, tag=_pair(tag), requested_by=requested_by, limit=limit, cursor=cursor)
    return RunList(runs=tuple(map(_line, page.records)), cursor=page.cursor)


def _pair(tag: str | None) -> tuple[str, str] | None:
    if tag is None:
        return None
    key, _, value = tag.partition("=")
    return key, value


def _line(record: RunRecord) -> RunLine:
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
        links=addresses(record.run_id),
    )
