"""Writes a run's report. Takes ports."""

from __future__ import annotations

from collections.abc import Sequence

from rft.contracts.evaluation import EvaluationReport
from rft.contracts.http.report import RolloutExamples, RunReport
from rft.contracts.ledger import RunRecord
from rft.errors import RetryableServiceError, RetryableThrottling
from rft.ports.reports import ReportSources
from rft.ports.storage import ObjectStore
from rft.report.build import RowTexts, run_report
from rft.report.examples import read_examples, with_prompts
from rft.report.page import report_page
from rft.report.row_texts import read_answers, read_prompts
from rft.report.run_documents import MAX_FILE_BYTES, RunDocuments, read_run_documents


def write_run_report(record: RunRecord, sources: ReportSources) -> RunReport:
    """Writes or replaces `report.json` and `report.html` of an ended run. Raises the Retryable… errors."""
    report = _collected(record, sources)
    sources.store.put_bytes(page_uri(record.run_id, sources.store), report_page(report).encode())
    sources.store.put_bytes(report_uri(record.run_id, sources.store), report.model_dump_json(indent=2).encode())
    return report


def has_report(record: RunRecord, store: ObjectStore) -> bool:
    """Whether the report exists and has the record's final status. Raises the Retryable… errors."""
    body = store.find_bytes(report_uri(record.run_id, store), most=MAX_FILE_BYTES)
    if body is None:
        return False
    stored = RunReport.model_validate_json(body)
    return (stored.status, stored.failure) == (record.status, record.failure)


def report_uri(run_id: str, store: ObjectStore) -> str:
    return store.uri(f"runs/{run_id}/report.json")


def page_uri(run_id: str, store: ObjectStore) -> str:
    return store.uri(f"runs/{run_id}/report.html")


def _collected(record: RunRecord, sources: ReportSources) -> RunReport:
    files = read_run_documents(record, sources.store)
    examples, unreadable = _examples(record, files, sources)
    return run_report(
        record,
        sources.history.events(record.run_id),
        files,
        rollouts=examples,
        texts=_texts(record.run_id, files, sources),
        prefix=sources.store.uri(f"runs/{record.run_id}/"),
        answers_captured=sources.answers_captured,
        unreadable=unreadable,
    )


def _examples(
    record: RunRecord, files: RunDocuments, sources: ReportSources
) -> tuple[RolloutExamples | None, Sequence[str]]:
    try:
        examples = read_examples(record.run_id, sources.rollouts)
    except (RetryableThrottling, RetryableServiceError) as error:
        return None, (f"rollouts could not be read: {error}",)
    if examples is None:
        return None, ()
    if not sources.answers_captured:
        return examples.without_texts(), ()
    rows = {each.task_id for each in (*examples.highest, *examples.lowest) if each.task_id}
    return with_prompts(examples, read_prompts(_row_files(files, "train", "validation"), rows, sources.store)), ()


def _texts(run_id: str, files: RunDocuments, sources: ReportSources) -> RowTexts:
    if files.evaluation is None or not sources.answers_captured:
        return RowTexts()
    rows = _changed_rows(files.evaluation)
    return RowTexts(
        prompts=read_prompts(_row_files(files, "test"), rows, sources.store),
        answers={
            "base": read_answers(run_id, "base", rows, sources.store),
            "tuned": read_answers(run_id, "tuned", rows, sources.store),
        },
    )


def _changed_rows(evaluation: EvaluationReport) -> tuple[str, ...]:
    return (*evaluation.changes.regressed, *evaluation.changes.improved)


def _row_files(files: RunDocuments, *splits: str) -> list[str]:
    return [file.uri for name, file in files.manifest.files.items() if name in splits] if files.manifest else []
