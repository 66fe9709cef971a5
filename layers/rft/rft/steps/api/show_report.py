"""Returns a run's report as it was written when the run ended."""

from __future__ import annotations

from typing import Literal

from rft.errors import ReportNotFound
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore
from rft.runs.status import TERMINAL

ReportFormat = Literal["json", "html"]
MAX_REPORT_BYTES = 5 * 2**20
"""Lambda's response limit is 6 MB; a report is limited to 3 MB."""


def show_report(*, run_id: str, form: ReportFormat, ledger: Ledger, store: ObjectStore) -> str:
    """Returns the report file. Raises RunNotFound, ReportNotFound and the Retryable… errors."""
    status = ledger.get(run_id).status
    body = store.find_bytes(store.uri(f"runs/{run_id}/report.{form}"), most=MAX_REPORT_BYTES)
    if body is not None:
        return body.decode()
    if status in TERMINAL:
        raise ReportNotFound(f"{run_id} has ended as {status}, and its report could not be written")
    raise ReportNotFound(f"{run_id} is {status}: its report is written when it ends")
