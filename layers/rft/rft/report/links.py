"""Links to a run's files and to its AWS console pages. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from rft.contracts.http.report import ReportLink
from rft.contracts.ledger import RunRecord
from rft.report.run_documents import RunDocuments
from rft.runs.simulated import is_emulated


def file_links(record: RunRecord, files: RunDocuments, prefix: str) -> tuple[ReportLink, ...]:
    """Existing files only. `prefix` is the run's folder, `s3://bucket/runs/<run_id>/`."""
    return tuple(ReportLink(label=label, address=address) for label, address in _files(record, files, prefix))


def _files(record: RunRecord, files: RunDocuments, prefix: str) -> Iterator[tuple[str, str]]:
    if record.dataset is not None:
        yield "Dataset manifest", record.dataset.manifest_uri
    if files.manifest is not None:
        yield from ((f"Rows of {split}", file.uri) for split, file in files.manifest.files.items())
    if record.dataset_checks is not None:
        yield "Dataset checks", f"{prefix}dataset/checks.json"
    if record.smoke_test is not None:
        yield "Smoke test", record.smoke_test.report_uri
    if record.calibration is not None and record.calibration.report_uri:
        yield "Calibration", record.calibration.report_uri
    if record.job is not None:
        yield "Rollouts", f"{prefix}rollouts/"
        yield "Output of the job", f"{prefix}output/"
    if record.evaluation is not None and record.evaluation.report_uri:
        yield "Evaluation", record.evaluation.report_uri
        yield "Answers and scores of both models", f"{prefix}evaluation/"
    yield "This report as JSON", f"{prefix}report.json"
    yield "This report", f"{prefix}report.html"


def console_links(record: RunRecord, prefix: str) -> tuple[ReportLink, ...]:
    """AWS console pages; none for an emulated run."""
    arn = record.execution_arn
    if arn is None or is_emulated(record):
        return ()
    region = arn.split(":")[3]
    console = f"https://{region}.console.aws.amazon.com"
    bucket, _, folder = prefix.removeprefix("s3://").partition("/")
    pages = {
        "Execution": f"{console}/states/home?region={region}#/v2/executions/details/{quote(arn, safe=':')}",
        "Folder of the run": f"{console}/s3/buckets/{quote(bucket)}?region={region}&prefix={quote(folder, safe='')}",
    }
    if record.model_arn is not None:
        pages["Custom models"] = f"{console}/bedrock/home?region={region}#/custom-models"
        pages["Playground"] = f"{console}/bedrock/home?region={region}#/chat-playground"
    return tuple(ReportLink(label=label, address=address) for label, address in pages.items())
