"""A smoke test that is too long for one function, on the emulated AWS: one function is given no time for the sample."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from rft.contracts.smoke_test import SmokeTestReport
from tests.kit.cost_model import counts
from tests.kit.stack_harness import ROOT, SAMPLE, Ended, StackHarness, foreign_graders

pytestmark = pytest.mark.emulator

PARAMETERS = {"ProbeBudgetSeconds": "0", **foreign_graders("constant")}
GRADERS = ROOT / "tests" / "fixtures" / "graders"


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    """A stack that leaves all that grows with the sample to several functions."""
    options = EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3, parameters=PARAMETERS)
    with Emulator.start(options) as aws:
        yield StackHarness(aws)


def report(bench: StackHarness, ended: Ended) -> SmokeTestReport:
    return SmokeTestReport.model_validate_json(bench.read(ended.view["smoke_test"]["report_uri"]))


def entered(bench: StackHarness, run_id: str) -> list[str]:
    """The states of the run's execution, in order."""
    arn = bench.aws.execution_arn(run_id)
    pages = bench.aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
    events = [event for page in pages for event in page["events"]]
    return [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]


def test_several_functions_send_probes_and_one_report_is_written(bench: StackHarness) -> None:
    ended = bench.run("wide")

    assert (ended.status, ended.execution) == ("COMPLETED", "SUCCEEDED")
    assert ended.stages == ["PENDING", "PREPARING", "SMOKE_TESTING", "STARTING", "TRAINING", "COMPLETED"]
    found = report(bench, ended)
    states = entered(bench, ended.view["run_id"])
    assert found.trusted
    assert found.invocations == found.planned.invocations
    assert len(found.scores) == found.planned.answers
    assert found.times.functions == states.count("SmokeTestGrader") + states.count("RunProbeBatch") >= 6
    polls, parts = states.count("CheckTraining"), states.count("RunProbeBatch")
    assert states.count("RunProbeBatches") == 3, "sweep, attacks and derived probes"
    assert len(states) + 1 == counts(polls).transitions + 3 * 4 + parts, "what docs/cost.md says of it"
    path = [s for s in dict.fromkeys(states) if "Probe" in s or "Batches" in s or s == "SmokeTestGrader"]
    assert path == ["SmokeTestGrader", "AllProbesSent?", "RunProbeBatches", "RunProbeBatch", "AllBatchesRun?"]


def test_no_function_logs_dataset_text(bench: StackHarness) -> None:
    ended = bench.run("wide-quiet", mode="preflight")
    texts = {record["response1"] for record in json.loads(SAMPLE.read_text()) if len(str(record["response1"])) > 25}
    lines = [line for line in bench.aws.logs("RunProbeBatch") if ended.view["run_id"] in line]
    assert lines
    assert not [text for text in texts for line in bench.aws.logs("RunProbeBatch") if text in line]


def test_an_untrusted_grader_is_rejected_when_probes_are_batched(bench: StackHarness) -> None:
    arn = bench.aws.add_function("grade-constant", GRADERS / "constant", timeout=10)

    ended = bench.run("wide-constant", grader={"lambda_arn": arn})

    assert (ended.status, ended.execution) == ("REJECTED", "FAILED")
    assert ended.view["failure"]["error"] == "GraderNotTrusted"
    assert "constant" in ended.view["failure"]["cause"]
    assert report(bench, ended).times.functions > 1


def test_a_crashed_batch_fails_the_run_without_rejecting_the_grader(bench: StackHarness) -> None:
    bench.aws.faults.crash("RunProbeBatch", count=None)

    ended = bench.run("wide-crash")

    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert ended.view["failure"]["stage"] == "SMOKE_TESTING"
    assert "ExitError" in ended.view["failure"]["error"] + ended.view["failure"]["cause"]
    assert ended.view["smoke_test"] is None
    assert bench.jobs(ended.view["run_id"]) == []
