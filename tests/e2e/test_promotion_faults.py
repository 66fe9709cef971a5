"""What may go wrong while a model is promoted: the model stays, and it is promoted once or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from rft_cli.views.run_events import TERMINAL
from tests.e2e.fault_case import DENIED, OUTAGE, error, function
from tests.e2e.fault_runner import rows
from tests.e2e.measured_runs import ONLY_EVALUATED
from tests.kit.stack_harness import Ended, StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

AT_ONCE = 3
"""Runs side by side: a laptop's two cores evaluate no more in the time that a run is waited for."""

CREATE = ("bedrock", "CreateCustomModelDeployment")


@dataclass(frozen=True)
class Case:
    """Rules strike calls about the run's own named deployment alone, or about the run where `of_run` is set."""

    rules: tuple[Fault, ...]
    status: str = "completed"
    reason: str = ""
    of_run: bool = True
    slow: bool = True


CASES = {
    "creating is throttled": Case((error(*CREATE, "ThrottlingException", 429, count=2),), of_run=False),
    "the reply about creating is lost": Case(
        (error(*CREATE, *OUTAGE, effect="response_lost"),), of_run=False, slow=False
    ),
    "creating is denied": Case((error(*CREATE, *DENIED, count=None),), "failed", "AccessDenied", of_run=False),
    "the deployment fails": Case(
        (Fault(service="bedrock", operation="Deploy", effect="fail", message="no capacity"),),
        "rolled_back",
        "no capacity",
        of_run=False,
    ),
    "the deployment hangs": Case(
        (Fault(service="bedrock", operation="Deploy", effect="hang"),), "cancelled", "cancelled", of_run=False
    ),
    "PromoteModel crashes": Case((function("PromoteModel", "crash"),)),
    "PromoteModel times out": Case((function("PromoteModel", "timeout"),)),
    "CheckPromotion crashes": Case((function("CheckPromotion", "crash"),)),
    "CheckPromotion crashes for good": Case((function("CheckPromotion", "crash", count=None),), "failed", "ExitError"),
    "the model returns nothing": Case(
        (
            Fault(
                service="bedrock",
                operation="Converse",
                effect="respond",
                message="",
                count=None,
                after="DeleteCustomModelDeployment",
            ),
        ),
        "rolled_back",
        "held-out prompts",
    ),
}
PARAMETERS = [pytest.param(name, marks=[pytest.mark.slow] if case.slow else []) for name, case in CASES.items()]


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=1, max_steps=12, concurrent_jobs=20)) as aws:
        yield StackHarness(aws)


@pytest.fixture(scope="module")
def ended(bench: StackHarness, request: pytest.FixtureRequest) -> dict[str, Ended]:
    """The runs of all chosen cases, some at a time; each promotes its model to a deployment of its own."""
    chosen = [item.callspec.params.get("case") for item in request.session.items if hasattr(item, "callspec")]
    pending = [name for name in CASES if name in chosen]
    found: dict[str, Ended] = {}
    for at in range(0, len(pending), AT_ONCE):
        started = {name: start(bench, name) for name in pending[at : at + AT_ONCE]}
        for name, run_id in started.items():
            eventually(partial(has_ended, bench, run_id), run_id, seconds=300)
            found[name] = bench.wait(run_id)
    return found


def has_ended(bench: StackHarness, run_id: str) -> bool:
    return bench.client.run(run_id)["status"] in TERMINAL


def start(bench: StackHarness, name: str) -> str:
    """The run's id; one whose deployment hangs is cancelled once it is being promoted."""
    run, case = f"pf{list(CASES).index(name):02}", CASES[name]
    deployment = f"{run}-promoted"
    for rule in case.rules:
        bench.aws.faults.add(rule.model_copy(update={"contains": run if case.of_run else deployment}))
    promotion = {"promotion": {"deployment": deployment, "when": "always"}}
    run_id = bench.start(run, rows(run, "pandalm"), **ONLY_EVALUATED, **promotion)
    if case.status == "cancelled":
        eventually(lambda: (bench.client.run(run_id)["promotion"] or {}).get("status"), run_id, seconds=240)
        bench.cancel(run_id)
    return run_id


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_promotion_happens_once_or_not_at_all(bench: StackHarness, ended: dict[str, Ended], case: str) -> None:
    view, expected = ended[case].view, CASES[case]
    promotion = view["promotion"]

    assert (view["status"], view["failure"]) == ("COMPLETED", None)
    assert view["model_arn"]
    assert view["evaluation"]["status"] == "completed"
    assert promotion["status"] == expected.status, promotion["reason"]
    assert expected.reason in promotion["reason"]
    promoted = [promotion["deployment"]] if expected.status == "completed" else []
    assert [name for name in names(bench) if name.startswith(view["name"])] == promoted


def names(bench: StackHarness) -> list[str]:
    found = bench.aws.client("bedrock").list_custom_model_deployments()["modelDeploymentSummaries"]
    return [each["customModelDeploymentName"] for each in found]
