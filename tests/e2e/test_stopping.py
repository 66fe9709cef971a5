"""Runs that are cancelled, or whose execution is stopped from outside, at every stage."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from emulator.faults import Fault
from rft_client.errors import ApiError
from tests.e2e.stages import HOLD_SECONDS, JOB_STAGES, SMALL, STAGES, paused_at, wait_for
from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

SECONDS_TO_END = 5.0
SAMPLED = ("AWAITING_APPROVAL", "TRAINING")
"""Stages in which each run of the tests stops the execution from outside: with a person asked, and with a job."""


def abort(bench: StackHarness, run_id: str, **why: str) -> None:
    arn = bench.client.run(run_id)["execution_arn"]
    bench.aws.client("stepfunctions").stop_execution(executionArn=arn, **why)


def execution(bench: StackHarness, run_id: str) -> str:
    arn = bench.client.run(run_id)["execution_arn"]
    return str(bench.aws.client("stepfunctions").describe_execution(executionArn=arn)["status"])


def check_ended(bench: StackHarness, run_id: str, stage: str, *, since: float) -> dict[str, Any]:
    """CANCELLED in time, no job at work, one message: now and once everything that was under way is over."""
    view = wait_for(bench, run_id, "CANCELLED")
    assert time.monotonic() - since < SECONDS_TO_END
    if stage in JOB_STAGES:
        eventually(lambda: bool(bench.jobs(run_id)), "the job that was under way")
        eventually(lambda: not any(job.active for job in bench.jobs(run_id)), "the job to stop")
    else:
        time.sleep(
            max(0.0, HOLD_SECONDS + 1 - (time.monotonic() - since))
        )  # what is still under way finds the run ended
        assert bench.jobs(run_id) == []
    eventually(lambda: bench.client.run(run_id)["notified"], "the message")
    now = bench.client.run(run_id)
    assert {**now, "notified": True, "updated_at": ""} == {**view, "notified": True, "updated_at": ""}
    assert [event["after"] for event in now["timeline"]][-2:] == [stage, "CANCELLED"]
    assert now["failure"]["stage"] == stage
    assert execution(bench, run_id) == "ABORTED"
    assert [message["status"] for message in bench.messages(run_id) if "stage" in message] == ["CANCELLED"]
    return now


@pytest.mark.parametrize("stage", STAGES)
def test_cancelling_ends_the_run_its_execution_and_its_job(bench: StackHarness, stage: str) -> None:
    run_id = paused_at(bench, stage, f"cancel-{stage.lower().replace('_', '-')}")
    since = time.monotonic()
    assert bench.cancel(run_id, seconds=SECONDS_TO_END)["status"] == "CANCELLED"
    assert bench.cancel(run_id, seconds=SECONDS_TO_END)["status"] == "CANCELLED"
    view = check_ended(bench, run_id, stage, since=since)
    assert view["failure"]["error"] == "RunCancelled"
    assert view["timeline"][-1]["caller"]["id"].endswith("user/emulated")


@pytest.mark.parametrize(
    "stage", [pytest.param(stage, marks=[] if stage in SAMPLED else [pytest.mark.slow]) for stage in STAGES]
)
def test_stopping_the_execution_from_outside_ends_the_run_and_its_job(bench: StackHarness, stage: str) -> None:
    run_id = paused_at(bench, stage, f"abort-{stage.lower().replace('_', '-')}")
    since = time.monotonic()
    abort(bench, run_id, error="Maintenance", cause="the quota is needed elsewhere")
    view = check_ended(bench, run_id, stage, since=since)
    assert view["failure"]["error"] == "ExecutionAborted"
    assert "the quota is needed elsewhere" in view["failure"]["cause"]


def test_a_run_that_has_ended_cannot_be_cancelled(bench: StackHarness) -> None:
    run_id = bench.start("too-late", **SMALL, mode="preflight")
    wait_for(bench, run_id, "COMPLETED")
    with pytest.raises(ApiError) as refused:
        bench.client.cancel(run_id)
    assert refused.value.status == 409
    assert bench.client.run(run_id)["status"] == "COMPLETED"


def test_sweep_finds_an_end_without_event(bench: StackHarness) -> None:
    run_id = paused_at(bench, "TRAINING", "unheard")
    bench.aws.faults.crash("ReconcileRun", count=None)
    abort(bench, run_id)
    assert bench.client.run(run_id)["status"] == "TRAINING"
    bench.aws.invoke("SweepRuns", b'{"detail-type": "Scheduled Event"}')
    assert bench.client.run(run_id)["status"] == "CANCELLED"
    assert bench.client.report(run_id)["status"] == "CANCELLED"
    eventually(lambda: not any(job.active for job in bench.jobs(run_id)), "the job to stop")
    assert len(bench.messages(run_id)) == 1


def test_sweep_finds_a_job_whose_run_has_ended(bench: StackHarness) -> None:
    run_id = paused_at(bench, "TRAINING", "orphan")
    (job,) = bench.jobs(run_id)
    bench.aws.faults.server_error("bedrock", "StopModelCustomizationJob", count=None)
    with pytest.raises(ApiError) as failed:
        bench.client.cancel(run_id)
    assert failed.value.status == 503
    assert (bench.client.run(run_id)["status"], job.active) == ("CANCELLED", True)
    bench.aws.faults.clear()
    bench.aws.invoke("SweepRuns", b'{"detail-type": "Scheduled Event"}')
    eventually(lambda: not job.active, "the job to stop")


def test_a_sweep_whose_stop_is_refused_polls_the_job_and_retries(bench: StackHarness) -> None:
    run_id = paused_at(bench, "TRAINING", "orphan-refused")
    (job,) = bench.jobs(run_id)
    bench.aws.faults.server_error("bedrock", "StopModelCustomizationJob", count=None)
    with pytest.raises(ApiError):
        bench.client.cancel(run_id)
    bench.aws.faults.clear()
    refused = {"code": "ConflictException", "status": 409, "count": None}
    bench.aws.faults.add(Fault(service="bedrock", operation="StopModelCustomizationJob", **refused))
    answer = json.loads(bench.aws.invoke("SweepRuns", b'{"detail-type": "Scheduled Event"}'))
    assert f"could not be swept: {run_id}" in answer["errorMessage"]
    assert job.active
    bench.aws.faults.clear()
    bench.aws.invoke("SweepRuns", b'{"detail-type": "Scheduled Event"}')
    eventually(lambda: not job.active, "the job to stop")
