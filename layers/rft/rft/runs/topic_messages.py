"""Messages to the outcome topic: JSON for machines, text for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from rft.contracts.forecast import Forecast
from rft.contracts.ledger import Approval, RunRecord, UploadRejection
from rft.contracts.outbound.topic_messages import TopicMessage
from rft.runs.cost_so_far import CostSoFar, cost_so_far
from rft.runs.headline import headline
from rft.runs.simulated import is_emulated
from rft.runs.uploads import Upload

UPLOAD_ADVICE = "Fix these problems and upload the file again"
WIDTH = 14
"""Of the column of names in a text."""


def outcome_message(record: RunRecord) -> TopicMessage:
    failure, verdict = record.failure, record.evaluation.verdict if record.evaluation else None
    cost = cost_so_far(record)
    facts = {
        "run_id": record.run_id,
        "status": record.status,
        "stage": failure.stage if failure else None,
        "error": failure.error if failure else "",
        "cause": failure.cause if failure else "",
        "ended_by": failure.caller and failure.caller.model_dump(mode="json") if failure else None,
        "requested_by": record.requested_by and record.requested_by.model_dump(mode="json"),
        "name": record.name,
        "job_arn": record.job.arn if record.job else None,
        "model_arn": record.model_arn,
        "reward": record.reward,
        "verdict": verdict,
        "cost_so_far_usd": {"known": cost.known_usd, "unknown": cost.unknown},
        "simulated": is_emulated(record),
    }
    simulated = " (simulated)" if verdict and is_emulated(record) else ""
    subject = f"RFT run {record.run_id}: {record.status}{f', {verdict}' if verdict else ''}{simulated}"
    lines = [*_table(_outcome_rows(record, cost)), "", *_table(_links(record))]
    return TopicMessage(f"outcome/{record.run_id}", subject, facts, _text(headline(record).sentence, lines))


def approval_message(record: RunRecord, approval: Approval) -> TopicMessage:
    approve = f"rft approve {record.run_id}"
    by_http = f'POST /runs/{record.run_id}/approve {{"approved": true, "by": "your name", "comment": ""}}'
    facts = {
        "run_id": record.run_id,
        "status": record.status,
        "name": record.name,
        "requested_by": record.requested_by and record.requested_by.model_dump(mode="json"),
        "reasons": approval.reasons,
        "expires_at": approval.expires_at.isoformat(),
        "see": f"GET /runs/{record.run_id}",
        "approve": approve,
        "refuse": f"{approve} --reject",
        "or_by_http": by_http,
        "simulated": is_emulated(record),
    }
    rows = [
        *_identity(record),
        *(("Reason", reason) for reason in approval.reasons),
        *([("Simulated", "the base model's answers come from the emulator")] if is_emulated(record) else []),
        ("Expires", f"{approval.expires_at:%Y-%m-%d %H:%M} UTC; then the run is cancelled"),
        *([("Cost", _forecast(record.forecast))] if record.forecast else []),
    ]
    answers = [("Approve", approve), ("Refuse", f"{approve} --reject"), ("By HTTP", by_http)]
    text = _text("A run awaits approval before training.", [*_table(rows), "", *_table(answers)])
    return TopicMessage(f"approval/{record.run_id}", f"RFT run {record.run_id} awaits approval", facts, text)


def upload_message(upload: Upload, rejection: UploadRejection) -> TopicMessage:
    facts = rejection.model_dump(mode="json") | {"do": UPLOAD_ADVICE}
    rows = [("File", f"s3://{upload.bucket}/{upload.key}"), *(("Problem", problem) for problem in rejection.problems)]
    text = _text(f"An upload made no run. {UPLOAD_ADVICE}.", _table(rows))
    return TopicMessage(f"upload/{upload.digest}", f"RFT upload refused: {upload.key}", facts, text)


Row = tuple[str, str]


def _outcome_rows(record: RunRecord, cost: CostSoFar) -> Iterator[Row]:
    simulated = " (simulated)" if is_emulated(record) else ""
    yield from _identity(record)
    yield "Status", record.status
    failure = record.failure
    if failure is not None:
        yield "Stage", failure.stage
        yield "Error", failure.error
        yield "Cause", failure.cause
        if failure.caller is not None:
            yield "Ended by", failure.caller.id
    if record.reward is not None:
        yield "Reward", f"{record.reward:.3f}, mean of the last training step{simulated}"
    if record.model_arn is not None:
        yield "Model", f"{record.model_arn}{simulated}"
    if record.job is not None:
        yield "Job", f"{record.job.hours:.1f} h, {record.job.arn}{simulated}"
    yield "Cost so far", _dollars(cost)


def _identity(record: RunRecord) -> list[Row]:
    return [("Run", record.run_id), *([("Started by", record.requested_by.id)] if record.requested_by else [])]


def _links(record: RunRecord) -> Iterator[Row]:
    yield "Report", f"rft report {record.run_id}"
    yield "By HTTP", f"GET /runs/{record.run_id}/report"
    arn = record.execution_arn
    if arn is not None and not is_emulated(record):
        region = arn.split(":")[3]
        console = f"https://{region}.console.aws.amazon.com/states/home?region={region}"
        yield "Execution", f"{console}#/v2/executions/details/{quote(arn, safe=':')}"


def _dollars(cost: CostSoFar) -> str:
    if not cost.parts:
        return "under 0.01 USD (estimate): no job was started, and no judge was called"
    unknown = f", and an unknown part for {' and '.join(cost.unknown)}" if cost.unknown else ""
    return f"{cost.known_usd:,.2f} USD (estimate){unknown}"


def _forecast(forecast: Forecast) -> str:
    cost = forecast.cost_usd
    if cost is None:
        return "unknown"
    most = "" if cost.high is None else f" to {cost.high:,.2f}"
    return f"from {cost.low:,.2f}{most} USD (estimate)"


def _table(rows: Iterator[Row] | list[Row]) -> list[str]:
    """Names in a column; further lines of a value are set under its first one."""
    indent = "\n" + " " * WIDTH
    return [f"{name:<{WIDTH - 1}} {value.replace(chr(10), indent)}" for name, value in rows]


def _text(opening: str, lines: list[str]) -> str:
    return "\n".join([opening, "", *lines, ""])
