"""Training that goes wrong on the way: the breaker sees it in the rollouts, and ends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.kit.stack_harness import ROOT, Ended, StackHarness, foreign_graders

pytestmark = pytest.mark.emulator

GRADERS = Path(__file__).parents[1] / "fixtures" / "graders"
QUESTIONS = ROOT / "examples" / "gsm8k" / "questions.jsonl"
STEP = 32
"""Rollouts: 16 prompts, answered twice."""

GOOD_STEPS = 6


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    """Jobs of a hundred steps, whose end no test awaits."""
    with Emulator.start(
        EmulatorOptions(speed=600, training_seconds=15, max_steps=100, parameters=foreign_graders("goes-bad", "warned"))
    ) as aws:
        yield StackHarness(aws)


def trained(bench: StackHarness, name: str, *, epochs: int = 20, **fields: Any) -> Ended:
    """A run whose grader fails after some steps, waited for; validation takes some of the good rollouts, too."""
    environment = {"DATA_BUCKET": bench.aws.bucket, "GOOD_ROLLOUTS": str(GOOD_STEPS * STEP)}
    arn = bench.aws.add_function(
        f"grade-{name}", GRADERS / "failing_later", environment=environment, role_of="GradeGsm8k"
    )
    chosen = {"batchSize": 16, "trainingSamplePerPrompt": 2, "epochCount": epochs, "evalInterval": 100}
    return bench.run(
        name,
        QUESTIONS.read_bytes(),
        dataset={"task": "gsm8k"},
        grader={"lambda_arn": arn},
        hyperparameters=chosen,
        smoke_test={"sample_size": 10},
        **fields,
    )


@pytest.fixture(scope="module")
def stopped(bench: StackHarness) -> Ended:
    """A run whose grader fails after GOOD_STEPS steps; its job does one of these, and no more until it is stopped."""
    hang = Fault(service="bedrock", operation="Train", effect="hang", subject="goes-bad", step=GOOD_STEPS + 2)
    bench.aws.faults.add(hang)
    return trained(bench, "goes-bad")


def steps_seen_at_work(bench: StackHarness, ended: Ended) -> list[int]:
    """Steps known at each poll of the job while it ran."""
    lines = [json.loads(line) for line in bench.aws.logs("CheckTraining") if ended.view["run_id"] in line]
    polls = [line for line in lines if line.get("message") == "job checked"]
    return [poll["steps"] for poll in polls if poll["job_status"] == "InProgress"]


def test_a_grader_that_starts_failing_stops_the_job_at_the_first_poll(bench: StackHarness, stopped: Ended) -> None:
    run_id, failure = stopped.view["run_id"], stopped.view["failure"]
    assert (stopped.status, stopped.execution) == ("FAILED", "FAILED")
    assert (failure["stage"], failure["error"]) == ("TRAINING", "TrainingBreakerTripped")
    assert "of the last 3 steps could not be graded; 30.0% are allowed" in failure["cause"]
    (job,) = bench.jobs(run_id)
    assert (job.status, len(job.steps)) == ("Stopped", GOOD_STEPS + 1)
    assert steps_seen_at_work(bench, stopped).count(GOOD_STEPS + 1) == 1
    assert [(m["error"], m["cause"]) for m in bench.messages(run_id)] == [(failure["error"], failure["cause"])]


def test_metrics_up_to_the_stop_are_in_the_view(bench: StackHarness, stopped: Ended) -> None:
    view = stopped.view
    metrics, (job,) = view["metrics"], bench.jobs(view["run_id"])
    assert (metrics["estimated"], metrics["rollouts_per_step"]) == (True, STEP)
    assert metrics["steps"] == len(metrics["training"]) == len(job.steps)
    assert [point["reward"] for point in metrics["training"]] == pytest.approx([s.mean for s in job.steps], abs=1e-6)
    assert [point["errors"] for point in metrics["training"]] == [s.errors for s in job.steps]
    assert (metrics["unreadable"], metrics["behind"]) == (0, False)
    assert [(finding["signal"], finding["action"]) for finding in view["breaker"]] == [("error_share", "stop")]
    assert "reading" not in view


@pytest.mark.slow
def test_a_run_may_choose_warnings_only(bench: StackHarness) -> None:
    ended = trained(bench, "warned", epochs=2, breaker={"error_share": {"action": "warn"}})
    assert (ended.status, ended.execution) == ("COMPLETED", "SUCCEEDED")
    assert [(finding["signal"], finding["action"]) for finding in ended.view["breaker"]] == [("error_share", "warn")]
