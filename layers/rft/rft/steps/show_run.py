"""Tells how a run stands."""

from __future__ import annotations

from rft.contracts.api import Link, RunView
from rft.contracts.ledger import RunRecord
from rft.ports import Ledger


def show_run(*, run_id: str, ledger: Ledger, data_bucket: str) -> RunView:
    """The run's record, history and links. Raises RunNotFound."""
    record = ledger.get(run_id)
    return RunView.model_validate(
        {**dict(record), "timeline": ledger.events(run_id), "links": links_of(record, data_bucket)}
    )


def links_of(record: RunRecord, data_bucket: str) -> dict[Link, str]:
    """Addresses of the run and of what it has written: no link to what is not there yet."""
    found: dict[Link, str] = {"self": f"/runs/{record.run_id}"}
    if record.dataset is not None:
        found["manifest"] = record.dataset.manifest_uri
    if record.smoke_test is not None:
        found["smoke_test"] = record.smoke_test.report_uri
    if record.job is not None:
        found["output"] = f"s3://{data_bucket}/runs/{record.run_id}/output/"
    return found
