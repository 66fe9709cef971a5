"""Experiments: several runs under one budget, compared on held-out rows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.stack_harness import SAMPLE, StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

ENDED = {"COMPLETED", "FAILED", "CANCELLED"}


def start(bench: StackHarness, name: str, rates: list[float], **fields: Any) -> str:
    uri = bench.put(f"datasets/{name}.json", SAMPLE.read_bytes())
    base = {
        "dataset": {"task": "pandalm", "uri": uri},
        "calibration": {"enabled": False},
        "evaluation": {"rows": 10},
        "smoke_test": {"sample_size": 10},
    }
    arms = [{"name": f"rate-{rate:g}", "changes": {"hyperparameters.learningRate": rate}} for rate in rates]
    request = {"name": name, "base": base, "arms": arms, **fields}
    accepted = bench.client.start_experiment(request)
    return str(accepted["experiment_id"])


def ended(bench: StackHarness, experiment_id: str) -> dict[str, Any]:
    eventually(
        lambda: bench.client.experiment(experiment_id)["status"] in ENDED, f"{experiment_id} to end", seconds=200
    )
    return bench.client.experiment(experiment_id)


@pytest.mark.slow
def test_arms_share_one_preparation_and_are_ranked(bench: StackHarness) -> None:
    found = ended(bench, start(bench, "rates", [1e-5, 3e-5]))
    assert (found["status"], found["failure"]) == ("COMPLETED", None)
    assert [arm["status"] for arm in found["arms"]] == ["completed", "completed"]
    assert len(found["preparations"]) == 1
    assert {standing["arm"] for standing in found["leaderboard"]["standings"]} == {"rate-1e-05", "rate-3e-05"}
    assert found["leaderboard"]["simulated"]
    for arm in found["arms"]:
        (job,) = bench.jobs(arm["run_id"])
        assert job.request["customizationConfig"]["rftConfig"]["hyperParameters"]["learningRate"] in {1e-5, 3e-5}
        view = bench.client.run(arm["run_id"])
        assert view["smoke_test"]["report_uri"].endswith(f"{found['preparations'][0]['run_id']}/smoke_test.json")


@pytest.mark.slow
def test_cancelling_ends_its_runs_and_their_jobs(bench: StackHarness) -> None:
    bench.aws.bedrock.hang("ended-early")
    experiment_id = start(bench, "ended-early", [1e-5, 3e-5], max_parallel=1)

    def has_active_job() -> bool:
        runs = [arm["run_id"] for arm in bench.client.experiment(experiment_id)["arms"]]
        return any(job.active for run_id in runs for job in bench.jobs(run_id))

    eventually(has_active_job, "a job of the experiment", seconds=120)
    assert bench.client.cancel_experiment(experiment_id)["status"] == "CANCELLED"
    eventually(lambda: not has_active_job(), "the job to stop", seconds=30)
    found = bench.client.experiment(experiment_id)
    assert [arm["status"] for arm in found["arms"]] == ["cancelled", "cancelled"]
    first, second = (arm["run_id"] for arm in found["arms"])
    assert bench.client.run(first)["status"] == "CANCELLED"
    assert bench.jobs(second) == []
