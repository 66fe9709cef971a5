"""What people read about a run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.job import JobStatus, Phases
from rft.contracts.ledger import Failure, JobSummary, RunStatus
from rft.runs.approval import requested
from rft.runs.topic_messages import approval_message, outcome_message
from tests.kit.forecast import judged_forecast
from tests.kit.records import RUN_ID, run_record

JOB = JobSummary(arn="arn:job", status=JobStatus.COMPLETED, phases=Phases(), hours=2.0)
BETTER = EvaluationSummary(
    status="completed", verdict="better", rows=73, base=0.5, tuned=0.9, difference=0.4, interval=(0.3, 0.5)
)


def ended(status: RunStatus, **changes: Any) -> Any:
    return run_record().model_copy(update={"status": status, **changes})


def test_a_completion_message_has_verdict_reward_and_links() -> None:
    record = ended(
        RunStatus.COMPLETED,
        job=JOB,
        model_arn="arn:model",
        reward=0.87,
        evaluation=BETTER,
        execution_arn="arn:aws:states:us-east-1:111122223333:execution:m:x",
    )
    message = outcome_message(record)
    assert message.subject == f"RFT run {RUN_ID}: COMPLETED, better"
    for part in ("higher than the base model", "0.870", "arn:model", f"rft report {RUN_ID}", "console.aws.amazon.com"):
        assert part in message.text
    assert (message.facts["verdict"], message.facts["reward"]) == ("better", 0.87)


def test_a_failure_message_has_stage_error_and_cause() -> None:
    failure = Failure(stage=RunStatus.TRAINING, error="TrainingJobFailed", cause="line 1\nline 2")
    text = outcome_message(ended(RunStatus.FAILED, failure=failure)).text
    assert "Stage         TRAINING" in text
    assert "Cause         line 1\n              line 2" in text


def test_an_unknown_cost_is_named_and_never_counted_as_zero() -> None:
    text = outcome_message(ended(RunStatus.COMPLETED, job=JOB)).text
    assert "0.00 USD (estimate), and an unknown part for training" in text


def test_a_simulated_run_says_so_and_links_to_no_console() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model/x/emulated0001"
    record = ended(RunStatus.COMPLETED, job=JOB, model_arn=arn, reward=0.9, execution_arn="arn:aws:states:r:a:e:m:x")
    message = outcome_message(record)
    assert f"{arn} (simulated)" in message.text
    assert "console.aws" not in message.text
    assert message.facts["simulated"]


def test_an_approval_request_gives_reasons_cost_and_the_commands() -> None:
    record = run_record()
    record = record.model_copy(update={"forecast": judged_forecast(record)})
    approval = requested(("dear",), at=datetime(2026, 11, 20, tzinfo=UTC), days=7)
    text = approval_message(record, approval).text
    for part in ("dear", "2026-11-27 00:00 UTC", f"rft approve {RUN_ID} --reject", "USD (estimate)"):
        assert part in text
