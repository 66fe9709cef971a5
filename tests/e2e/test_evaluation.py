"""A run that is calibrated and evaluated, and what may go wrong once there is a model."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.e2e.fault_runner import rows
from tests.e2e.measured_runs import MEASURED, ONLY_EVALUATED
from tests.kit.stack_harness import Ended, StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

AT_ONCE = 3
"""Runs side by side: a laptop's two cores evaluate no more in the time that a run is waited for."""

PATIENCE_SECONDS = 300.0
"""Where other work shares the cores, an evaluation alone takes a minute."""


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=1, max_steps=12, concurrent_jobs=20)) as aws:
        yield StackHarness(aws, patience=PATIENCE_SECONDS)


@pytest.fixture(autouse=True)
def _no_faults_left(bench: StackHarness) -> Iterator[None]:
    yield
    bench.aws.faults.clear()


@pytest.fixture(scope="module")
def measured(bench: StackHarness) -> Ended:
    return bench.run("measured", **MEASURED)


def deployments(bench: StackHarness) -> list[str]:
    found = bench.aws.client("bedrock").list_custom_model_deployments()["modelDeploymentSummaries"]
    return [each["customModelDeploymentName"] for each in found]


def test_a_run_says_whether_its_model_is_better(bench: StackHarness, measured: Ended) -> None:
    evaluation = measured.view["evaluation"]

    assert (measured.execution, measured.status) == ("SUCCEEDED", "COMPLETED")
    assert measured.stages[3:] == ["CALIBRATING", "STARTING", "TRAINING", "EVALUATING", "COMPLETED"]
    assert measured.view["calibration"]["difficulty"] == "learnable"
    assert (evaluation["status"], evaluation["verdict"], evaluation["simulated"]) == ("completed", "better", True)
    assert evaluation["interval"][0] > 0
    assert deployments(bench) == []


def test_the_report_holds_the_summary_and_both_scores_of_each_row(bench: StackHarness, measured: Ended) -> None:
    report = json.loads(bench.read(measured.view["evaluation"]["report_uri"]))
    gaps = [row["tuned_score"] - row["base_score"] for row in report["rows"]]
    ids = {row["task_id"] for row in bench.rows(measured.view["run_id"], "test")}

    assert report["summary"] == measured.view["evaluation"]
    assert sum(gaps) / len(gaps) == pytest.approx(report["summary"]["difference"])
    assert {row["row_id"] for row in report["rows"]} <= ids
    assert report["agreement"]["tuned"]["majority"]["n"] == len(gaps)


@pytest.mark.slow
def test_nothing_but_an_evaluation_reads_the_test_split(bench: StackHarness) -> None:
    """Reading it is denied until the model is trained, and nothing fails."""
    sealed = Fault(
        service="s3", operation="GetObject", contains="/dataset/test-", code="AccessDenied", status=403, count=None
    )
    bench.aws.faults.add(sealed)
    trained = bench.run("sealed", **{**MEASURED, "evaluation": {"enabled": False}})
    assert (trained.status, trained.view["calibration"]["status"]) == ("COMPLETED", "completed")
    assert [rule for rule in bench.aws.faults.injected() if rule.contains == sealed.contains] == []

    bench.aws.faults.clear()
    start = {"run_id": trained.view["run_id"], "stage": "evaluation"}
    again = {**trained.view["request"], "evaluation": {"enabled": True}, "start_from": start}
    evaluated = bench.wait(bench.client.start_run(again)["run_id"])
    assert evaluated.view["evaluation"]["status"] == "completed"


CASES: dict[str, tuple[tuple[Fault, ...], str, str]] = {
    "deployment fails": (
        (Fault(service="bedrock", operation="Deploy", effect="fail", message="no capacity"),),
        "failed",
        "no capacity",
    ),
    "deployment hangs": (
        (Fault(service="bedrock", operation="Deploy", effect="hang"),),
        "cancelled",
        "cancelled through the API",
    ),
    "deployment is refused": (
        (
            Fault(
                service="bedrock",
                operation="CreateCustomModelDeployment",
                code="ValidationException",
                status=400,
                message="this model cannot be deployed",
                count=None,
            ),
        ),
        "failed",
        "cannot be deployed",
    ),
    "deployment is denied": (
        (
            Fault(
                service="bedrock",
                operation="CreateCustomModelDeployment",
                code="AccessDeniedException",
                status=403,
                count=None,
            ),
        ),
        "failed",
        "AccessDenied",
    ),
    "the reply about the deployment is lost": (
        (
            Fault(
                service="bedrock",
                operation="CreateCustomModelDeployment",
                effect="response_lost",
                code="InternalServerException",
                status=520,
            ),
        ),
        "completed",
        "",
    ),
    "the models are throttled": (
        (Fault(service="bedrock", operation="Converse", code="ThrottlingException", status=429, count=20),),
        "completed",
        "",
    ),
    "a model says nothing": (
        (
            Fault(
                service="bedrock", operation="Converse", subject="us.amazon", effect="respond", message="", count=None
            ),
        ),
        "completed",
        "",
    ),
    "sampling is denied": (
        (
            Fault(
                service="bedrock",
                operation="Converse",
                subject="us.amazon",
                code="AccessDeniedException",
                status=403,
                count=None,
            ),
        ),
        "failed",
        "ModelNotInvocable",
    ),
    "a part crashes": (
        (Fault(service="lambda", operation="Invoke", subject="EvaluateModel", effect="crash"),),
        "completed",
        "",
    ),
    "a part times out": (
        (Fault(service="lambda", operation="Invoke", subject="EvaluateModel", effect="timeout"),),
        "completed",
        "",
    ),
    "comparing crashes for good": (
        (Fault(service="lambda", operation="Invoke", subject="CompareModels", effect="crash", count=None),),
        "failed",
        "ExitError",
    ),
    "DeployModel crashes": (
        (Fault(service="lambda", operation="Invoke", subject="DeployModel", effect="crash"),),
        "completed",
        "",
    ),
    "CheckDeployment times out": (
        (Fault(service="lambda", operation="Invoke", subject="CheckDeployment", effect="timeout"),),
        "completed",
        "",
    ),
    "comparing times out": (
        (Fault(service="lambda", operation="Invoke", subject="CompareModels", effect="timeout"),),
        "completed",
        "",
    ),
    "deletion conflicts": (
        (Fault(service="bedrock", operation="DeleteCustomModelDeployment", code="ConflictException", status=409),),
        "completed",
        "",
    ),
}


PARAMETERS = [pytest.param(case, marks=pytest.mark.slow) for case in CASES]
"""Evaluations at the same time take two cores for minutes: they belong to the long tests."""


@pytest.fixture(scope="module")
def ended_cases(bench: StackHarness, request: pytest.FixtureRequest) -> dict[str, Ended]:
    """All chosen cases, some at a time, each struck by faults about its own run: its name is in all its prompts."""
    chosen = [item.callspec.params.get("case") for item in request.session.items if hasattr(item, "callspec")]
    pending = [case for case in CASES if case in chosen]
    found: dict[str, Ended] = {}
    for at in range(0, len(pending), AT_ONCE):
        started = {case: start(bench, case) for case in pending[at : at + AT_ONCE]}
        found |= {case: bench.wait(run_id) for case, run_id in started.items()}
    return found


def start(bench: StackHarness, case: str) -> str:
    """The run's id; one whose deployment hangs is cancelled once it is being evaluated."""
    name = f"ev{list(CASES).index(case):02}"
    for rule in CASES[case][0]:
        bench.aws.faults.add(rule.model_copy(update={"contains": name}))
    run_id = bench.start(name, rows(name, "pandalm"), **ONLY_EVALUATED)
    if case == "deployment hangs":
        eventually(lambda: bench.client.run(run_id)["status"] == "EVALUATING", run_id, seconds=PATIENCE_SECONDS)
        bench.cancel(run_id)
    return run_id


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_fault_after_training_never_loses_the_model(
    bench: StackHarness, ended_cases: dict[str, Ended], case: str
) -> None:
    ended, (_, status, reason) = ended_cases[case], CASES[case]

    assert ended.status == "COMPLETED"
    assert ended.view["evaluation"]["status"] == status, ended.view["evaluation"]["reason"]
    assert ended.view["model_arn"]
    assert ended.view["failure"] is None
    assert reason in ended.view["evaluation"]["reason"]
    assert ended.view["run_id"] not in deployments(bench)
    assert len(bench.jobs(ended.view["run_id"])) == 1
