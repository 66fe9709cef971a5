"""Experiments on the emulated AWS, and what is left of them once they have ended."""

from __future__ import annotations

from typing import Any

from emulator.faults import Fault
from rft_client.errors import ApiError
from tests.kit.stack_harness import SAMPLE, StackHarness
from tests.kit.waiting import eventually

NOT_FOUND = 404
ENDED = {"COMPLETED", "FAILED", "CANCELLED"}
HOLD_SECONDS = 60.0
BASE: dict[str, Any] = {
    "calibration": {"enabled": False},
    "evaluation": {"rows": 10},
    "smoke_test": {"sample_size": 10},
}


def start(bench: StackHarness, name: str, rates: list[float], base: dict[str, Any] | None = None, **fields: Any) -> str:
    """An experiment with an arm for each learning rate; `base` replaces parts of the request of its runs."""
    uri = bench.put(f"datasets/{name}.json", SAMPLE.read_bytes())
    parts = {**BASE, **(base or {})}
    dataset = {"task": "pandalm", "uri": uri, **parts.pop("dataset", {})}
    arms = [{"name": f"rate-{rate:g}", "changes": {"hyperparameters.learningRate": rate}} for rate in rates]
    accepted = bench.client.start_experiment(
        {"name": name, "base": {**parts, "dataset": dataset}, "arms": arms, **fields}
    )
    return str(accepted["experiment_id"])


def in_training(bench: StackHarness, name: str, **fields: Any) -> str:
    """An experiment whose first arm stays EVALUATING and whose second has a job that never ends."""
    evaluation = {"service": "lambda", "operation": "Invoke", "subject": "EvaluateModel", "contains": f"{name}-01"}
    bench.aws.faults.add(
        Fault.model_validate({**evaluation, "effect": "delay", "seconds": HOLD_SECONDS, "count": None})
    )
    bench.aws.bedrock.hang(f"{name}-02")
    experiment_id = start(bench, name, [1e-5, 3e-5], **fields)
    eventually(lambda: statuses(bench, experiment_id) == ["EVALUATING", "TRAINING"], f"{name}'s arms", seconds=200)
    return experiment_id


def statuses(bench: StackHarness, experiment_id: str) -> list[str]:
    """Of the runs of the arms that were started."""
    started = [arm for arm in bench.client.experiment(experiment_id)["arms"] if arm["status"] != "planned"]
    return [view["status"] for arm in started if (view := run_view(bench, arm["run_id"]))]


def run_view(bench: StackHarness, run_id: str) -> dict[str, Any] | None:
    """None for a run that was not added, or is about to be."""
    try:
        return bench.client.run(run_id)
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        return None


def arm_runs(bench: StackHarness, experiment_id: str) -> list[str]:
    return [arm["run_id"] for arm in bench.client.experiment(experiment_id)["arms"]]


def execution_arn(bench: StackHarness, experiment_id: str) -> str:
    return str(bench.client.experiment(experiment_id)["execution_arn"])


def ended(bench: StackHarness, experiment_id: str, seconds: float = 240) -> dict[str, Any]:
    """The experiment, once it has ended."""
    eventually(
        lambda: bench.client.experiment(experiment_id)["status"] in ENDED, f"{experiment_id} to end", seconds=seconds
    )
    return bench.client.experiment(experiment_id)


def check_nothing_left(bench: StackHarness, experiment_id: str) -> None:
    """No run of it goes on, nor an execution, a job or a deployment of one; no run has more than one job."""
    found = bench.client.experiment(experiment_id)
    runs = [each["run_id"] for each in (*found["preparations"], *found["arms"])]
    eventually(lambda: not any(job.active for run_id in runs for job in bench.jobs(run_id)), "jobs to stop", seconds=60)
    assert all(len(bench.jobs(run_id)) <= 1 for run_id in runs)
    machines = bench.aws.client("stepfunctions")
    running = machines.list_executions(stateMachineArn=bench.aws.state_machine_arn, statusFilter="RUNNING")
    assert not {each["name"] for each in running["executions"]} & set(runs)
    views = filter(None, (run_view(bench, run_id) for run_id in runs))
    assert {view["status"] for view in views} <= {"COMPLETED", "CANCELLED", "FAILED", "REJECTED"}
    deployments = bench.aws.client("bedrock").list_custom_model_deployments()["modelDeploymentSummaries"]
    assert not {each["customModelDeploymentName"] for each in deployments} & set(runs)
