"""track_run: exports an ended run, with its report as artifact, to the MLflow server."""

from __future__ import annotations

from collections.abc import Iterator

from rft.contracts.outbound.domain_events import DomainEvent
from rft.contracts.outbound.tracked_run import TrackingResult
from rft.errors import RunNotFound
from rft.observability import logger
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore
from rft.ports.tracking import RunTracker
from rft.report.run_documents import MAX_FILE_BYTES
from rft.runs.status import TERMINAL
from rft.runs.tracked_run import tracked_run

REPORTS = ("report.html", "report.json")


def track_run(*, event: DomainEvent, ledger: Ledger, store: ObjectStore, tracker: RunTracker | None) -> TrackingResult:
    """Exports the current run; idempotent for repeated events. Without a tracker nothing is sent.

    Raises TrackingRefused and the Retryable… errors. The run itself is not affected.
    """
    if tracker is None:
        return TrackingResult(skipped="no MLflow server")
    try:
        record = ledger.get(event.run_id)
    except RunNotFound:
        return TrackingResult(skipped="the ledger has no such run")
    if record.status not in TERMINAL:
        return TrackingResult(skipped=f"the run is {record.status}")
    folder = f"runs/{record.run_id}"
    run = tracked_run(record, report_uri=store.uri(f"{folder}/report.html"))
    files = dict(_files(folder, store))
    mlflow_run_id = tracker.track(run, files)
    logger().info("run tracked", mlflow_run_id=mlflow_run_id, metrics=len(run.metrics), files=sorted(files))
    return TrackingResult(mlflow_run_id=mlflow_run_id)


def _files(folder: str, store: ObjectStore) -> Iterator[tuple[str, bytes]]:
    """Existing report files; a run that was ended from outside may have none."""
    for name in REPORTS:
        body = store.find_bytes(store.uri(f"{folder}/{name}"), most=MAX_FILE_BYTES)
        if body is not None:
            yield name, body
