"""write_report: writes all results of the run as JSON and as an HTML page, before its outcome is recorded."""

from __future__ import annotations

from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import Mode
from rft.contracts.steps import WrittenReport
from rft.evaluation.pilot import pilot_result
from rft.observability import logger
from rft.ports.reports import ReportSources
from rft.ports.runs import Ledger
from rft.report.write import report_uri, write_run_report
from rft.runs.causes import readable_cause
from rft.runs.finish_run import as_finished


def write_report(
    *,
    run_id: str,
    status: RunStatus,
    error: str,
    cause: str,
    ledger: Ledger,
    sources: ReportSources,
) -> WrittenReport:
    """Writes the report of the run with this final status; a final status in the ledger takes precedence.

    Raises RunNotFound and the Retryable… errors. Errors do not affect the run's status.
    """
    record = as_finished(ledger.get(run_id), status, error=error, cause=readable_cause(error, cause))
    if record.request.mode is Mode.PILOT:
        record = record.model_copy(update={"pilot": pilot_result(record)})
    report = write_run_report(record, sources)
    logger().info("report written", status=report.status, unreadable=len(report.unreadable))
    return WrittenReport(report_uri=report_uri(run_id, sources.store))
