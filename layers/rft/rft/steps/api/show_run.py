"""Returns a run with its history and links."""

from __future__ import annotations

from rft.contracts.http.api import Link, RunEvents, RunView, addresses, report_address
from rft.contracts.ledger import RunRecord
from rft.ports.runs import JobQueue, Ledger, RunHistory
from rft.runs.status import TERMINAL


def show_run(
    *, run_id: str, ledger: Ledger, history: RunHistory, data_bucket: str, queue: JobQueue | None = None
) -> RunView:
    """Returns the run's record, history, links, and its place in the queue if `queue` is given. Raises RunNotFound."""
    record = ledger.get(run_id)
    found = {"timeline": history.events(run_id), "queue_ahead": _ahead(record, queue)}
    return RunView.model_validate({**dict(record), **found, "links": _links(record, data_bucket)})


def show_events(*, run_id: str, history: RunHistory) -> RunEvents:
    """Returns the run's history. Raises RunNotFound."""
    return RunEvents(run_id=run_id, events=tuple(history.events(run_id)))


def _ahead(record: RunRecord, queue: JobQueue | None) -> int | None:
    """Number of runs ahead in the queue; None if the run is not waiting."""
    if queue is None or record.queue is None or not record.waits_for_quota:
        return None
    return queue.ahead(record.run_id, record.queue.since)


def _links(record: RunRecord, data_bucket: str) -> dict[Link, str]:
    """Links to the files that exist."""
    links = addresses(record.run_id)
    if record.dataset is not None:
        links["manifest"] = record.dataset.manifest_uri
    if record.smoke_test is not None:
        links["smoke_test"] = record.smoke_test.report_uri
    if record.status in TERMINAL:
        links["report"] = report_address(record.run_id)
    if record.job is not None:
        links["output"] = f"s3://{data_bucket}/runs/{record.run_id}/output/"
    return links
