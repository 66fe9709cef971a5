"""Whole runs: how each kind of end reaches ledger, state machine, Bedrock and topic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.stack_harness import ROOT, StackHarness

pytestmark = pytest.mark.emulator

GRADERS = Path(__file__).parents[1] / "fixtures" / "graders"
STAGES = ["PENDING", "PREPARING", "SMOKE_TESTING", "STARTING", "TRAINING"]


def test_a_dataset_becomes_a_model(bench: StackHarness) -> None:
    ended = bench.run("happy", tags={"team": "search"})
    assert (ended.status, ended.execution) == ("COMPLETED", "SUCCEEDED")
    assert ended.stages == [*STAGES, "COMPLETED"]
    assert "custom-model/amazon.nova-2-lite" in ended.view["model_arn"]
    (job,) = bench.jobs(ended.view["run_id"])
    tags = {tag["key"]: tag["value"] for tag in job.request["jobTags"]}
    assert tags["rft:run-id"] == ended.view["run_id"]
    assert tags["rft:dataset-digest"] == ended.view["dataset"]["digest"]
    assert tags["rft:grader"] == bench.aws.graders["pandalm"].replace(":live", ":1")
    assert tags["team"] == "search"
    assert bench.messages(ended.view["run_id"]) == []


def test_no_prompt_or_answer_reaches_a_log(bench: StackHarness) -> None:
    ended = bench.run("quiet")
    records = json.loads((ROOT / "examples" / "pandalm" / "comparisons.json").read_text())
    texts = {str(r[k]) for r in records for k in ("instruction", "response1", "response2") if len(str(r[k])) > 25}
    for function in ("PrepareDataset", "SmokeTestGrader", "StartTraining", "CheckTraining", "RecordOutcome", "Api"):
        lines = [line for line in bench.aws.logs(function) if ended.view["run_id"] in line]
        assert lines, f"{function} logs nothing under its run's id"
        assert all(json.loads(line)["run_id"] == ended.view["run_id"] for line in lines if "run_id" in json.loads(line))
        assert not [text for text in texts for line in bench.aws.logs(function) if text in line]
    assert not [text for text in texts for line in bench.aws.logs("GradePandalm") if text in line]


def test_preflight_ends_without_a_job(bench: StackHarness) -> None:
    ended = bench.run("preflight", mode="preflight")
    assert (ended.status, ended.execution) == ("COMPLETED", "SUCCEEDED")
    assert ended.view["smoke_test"]["trusted"]
    assert bench.jobs(ended.view["run_id"]) == []


@pytest.mark.parametrize(
    ("grader", "timeout", "reason"),
    [("constant", 10, "constant"), ("raising", 10, "KeyError"), ("timing_out", 1, "timed out")],
)
def test_an_untrusted_grader_starts_no_job(bench: StackHarness, grader: str, timeout: int, reason: str) -> None:
    arn = bench.aws.add_function(f"grade-{grader}", GRADERS / grader, timeout=timeout)
    ended = bench.run(f"grader-{grader.replace('_', '-')}", grader={"lambda_arn": arn})
    run_id = ended.view["run_id"]
    assert (ended.status, ended.execution) == ("REJECTED", "FAILED")
    assert reason.casefold() in ended.view["failure"]["cause"].casefold()
    assert ended.view["failure"]["error"] == "GraderNotTrusted"
    assert bench.jobs(run_id) == []
    assert [m["status"] for m in bench.messages(run_id)] == ["REJECTED"]


def test_a_failed_job_fails_the_run_with_bedrocks_message(bench: StackHarness) -> None:
    bench.aws.bedrock.fail("job-fails", at_step=2)
    ended = bench.run("job-fails")
    run_id = ended.view["run_id"]
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert ended.view["failure"]["stage"] == "TRAINING"
    assert ended.view["failure"]["error"] == "TrainingJobFailed"
    assert ended.view["failure"]["cause"] == bench.jobs(run_id)[0].failure
    assert [m["cause"] for m in bench.messages(run_id)] == [ended.view["failure"]["cause"]]


def test_a_job_stopped_in_the_console_fails_the_run(bench: StackHarness) -> None:
    bench.aws.bedrock.stop("job-stops")
    ended = bench.run("job-stops")
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert ended.view["failure"]["error"] == "TrainingJobStopped"
    assert len(bench.messages(ended.view["run_id"])) == 1


def test_a_job_that_never_ends_is_stopped_at_its_limit(bench: StackHarness) -> None:
    bench.aws.bedrock.hang("job-hangs")
    ended = bench.run("job-hangs", max_training_hours=0.0005)
    run_id = ended.view["run_id"]
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert ended.view["failure"]["error"] == "TrainingTimedOut"
    assert [job.status for job in bench.jobs(run_id)] == ["Stopped"]
    assert len(bench.messages(run_id)) == 1


def test_one_job_starts_after_throttling_and_a_full_quota(bench: StackHarness) -> None:
    bench.aws.faults.throttle("bedrock", "CreateModelCustomizationJob", count=7)
    bench.aws.faults.quota("bedrock", "CreateModelCustomizationJob", count=2)
    ended = bench.run("busy")
    assert (ended.status, ended.execution) == ("COMPLETED", "SUCCEEDED")
    assert len(bench.jobs(ended.view["run_id"])) == 1
    assert bench.messages(ended.view["run_id"]) == []


def test_a_step_that_raises_ends_the_run_with_error_and_cause(bench: StackHarness) -> None:
    bench.aws.faults.crash("CheckTraining", count=None)
    ended = bench.run("step-raises")
    run_id = ended.view["run_id"]
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert ended.view["failure"]["stage"] == "TRAINING"
    assert "ExitError" in ended.view["failure"]["error"] + ended.view["failure"]["cause"]
    (message,) = bench.messages(run_id)
    assert (message["error"], message["cause"]) == (ended.view["failure"]["error"], ended.view["failure"]["cause"])
    (job,) = bench.jobs(run_id)
    bench.aws.faults.clear()
    assert job.status in {"Stopped", "Stopping", "Completed"}, "a paid job was left running"
