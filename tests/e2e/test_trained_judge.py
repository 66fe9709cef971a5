"""Run A's promoted judge grades run B."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from tests.e2e.fault_runner import rows
from tests.e2e.measured_runs import ONLY_EVALUATED
from tests.kit.stack_harness import StackHarness

pytestmark = pytest.mark.emulator

STEP: dict[str, Any] = {"smoke_test": {"sample_size": 10}, "hyperparameters": {"batchSize": 16}}


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=1, max_steps=12, concurrent_jobs=20)) as aws:
        yield StackHarness(aws, patience=300)


@pytest.mark.slow
def test_the_promoted_judge_of_one_run_grades_another(bench: StackHarness) -> None:
    trained = bench.run("judge-a", rows("judge-a", "pandalm"), **ONLY_EVALUATED, promotion={"deployment": "judge"})
    (promoted,) = bench.client.deployments()["deployments"]
    graded = bench.run(
        "graded-b", rows("graded-b", "pandalm"), **STEP, grader={"name": "pandalm", "judge": promoted["arn"]}
    )
    judge = graded.view["judge"]

    assert (graded.status, graded.execution) == ("COMPLETED", "SUCCEEDED"), graded.view["failure"]
    assert judge["model_arn"] == trained.view["model_arn"]
    assert judge["kappa_interval"][0] > judge["replaced_kappa"]
    assert judge["deployment_arn"] != promoted["arn"], "pinned by a deployment of its own"
    assert judges_called(bench, graded.view["run_id"]) == {judge["deployment_arn"]}
    assert [each["customModelDeploymentName"] for each in listed(bench)] == ["judge"]


@pytest.mark.slow
def test_a_judge_without_an_evaluation_is_not_admitted(bench: StackHarness) -> None:
    untried = bench.run("untried", rows("untried", "pandalm"), **STEP)
    source = f"run:{untried.view['run_id']}"
    refused = bench.run("refused", rows("refused", "pandalm"), **STEP, grader={"name": "pandalm", "judge": source})

    assert (refused.status, refused.view["failure"]["error"]) == ("FAILED", "JudgeNotAdmitted")
    assert "no evaluation" in refused.view["failure"]["cause"]
    assert bench.jobs(refused.view["run_id"]) == []


def judges_called(bench: StackHarness, run_id: str) -> set[str]:
    """The judges that graders wrote down next to the answers of the run."""
    s3, prefix = bench.aws.client("s3"), f"runs/{run_id}/rollouts/"
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bench.aws.bucket, Prefix=prefix).get("Contents", [])]
    lines = [
        line for key in keys for line in gzip.decompress(bench.read(f"s3://{bench.aws.bucket}/{key}")).splitlines()
    ]
    return {model for line in lines for model in _models(json.loads(line))}


def _models(line: dict[str, Any]) -> list[str]:
    return list((line.get("judge") or {}).get("models", []))


def listed(bench: StackHarness) -> list[dict[str, Any]]:
    return list(bench.aws.client("bedrock").list_custom_model_deployments()["modelDeploymentSummaries"])
