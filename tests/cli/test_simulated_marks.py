"""Whatever shows a figure of the emulated Bedrock says so, and nothing says it of the real one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.moto.account import ACCOUNT
from rft.contracts.calibration import CalibrationSummary
from rft.contracts.http.api import RunView
from rft.contracts.ledger import RunEvent, RunRecord, RunStatus
from rft.report.links import console_links
from rft.runs.approval import requested
from rft.runs.domain_events import domain_events
from rft.runs.simulated import is_emulated
from rft.runs.topic_messages import approval_message, outcome_message
from rft.runs.tracked_run import tracked_run
from rft.runs.webhook_body import webhook_body
from rft_client.api_client import ApiClient
from rft_console.access import Access
from rft_console.app import create_app
from rft_console.context import Console
from tests.kit.console_visitor import PORT, Visitor
from tests.kit.fake_report import FakeReport
from tests.kit.fake_stack import OTHER_ID, FakeStack, trained_view
from tests.kit.fakes.api import CREDENTIALS, REGION, FakeApi
from tests.kit.records import RUN_ID, run_record
from tests.kit.rft_command import Rft
from tests.kit.rollouts import rollout
from tests.kit.views import MODEL

REAL = MODEL.replace("emulated1a2b", "0123456789ab")
MODELS = pytest.mark.parametrize(("model", "simulated"), [(MODEL, True), (REAL, False)])
INTERVAL = (0.1, 0.3)
SETTINGS = {"temperature": 0.0, "max_tokens": 99, "reasoning_effort": None}
PROTOCOL = {
    "digest": "sha256:0",
    "rows_digest": "sha256:1",
    "samples_per_row": 1,
    "unmatched": [],
    "settings": SETTINGS,
}
PREVIOUS = {"run_id": OTHER_ID, "status": "completed", "verdict": "better", "rows": 20, "previous": 0.5, "tuned": 0.7}


def evaluation(*, simulated: bool) -> dict[str, Any]:
    figures = {"verdict": "better", "rows": 20, "base": 0.5, "tuned": 0.7, "difference": 0.2, "interval": INTERVAL}
    parts = {"protocol": PROTOCOL, "previous": {**PREVIOUS, "interval": INTERVAL}}
    return {"status": "completed", **figures, **parts, "p_value": 0.01, "simulated": simulated}


def calibration(*, simulated: bool) -> dict[str, Any]:
    share, use = {"hits": 1, "n": 4, "interval": INTERVAL}, dict.fromkeys(("answers", "errors", "truncated"), 1)
    tokens = {"input_tokens": 9, "output_tokens": 9, "mean_output_tokens": 3.0, "p95_seconds": 0.1}
    figures = {"difficulty": "learnable", "mean_score": 0.4, "tied": share, "use": {**use, **tokens}}
    return {"status": "completed", **figures, "simulated": simulated}


def ended(model: str, *, simulated: bool) -> dict[str, Any]:
    """`GET /runs/{run_id}` of a second round that is completed."""
    found: dict[str, Any] = {
        "evaluation": evaluation(simulated=simulated),
        "calibration": calibration(simulated=simulated),
    }
    view = trained_view(RUN_ID, RunStatus.COMPLETED, model_arn=model, reward=0.7, **found)
    return RunView.model_validate(view).model_dump(mode="json")


def stack_of(model: str, *, simulated: bool) -> FakeStack:
    view = ended(model, simulated=simulated)
    stack = FakeStack(runs={RUN_ID: view, OTHER_ID: {**view, "run_id": OTHER_ID, "status": "EVALUATING"}})
    stack.rollouts = [rollout(0.5, answer="yes")]
    return stack


@MODELS
@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("show", RUN_ID),
        ("evaluation", RUN_ID),
        ("rollouts", RUN_ID),
        ("compare", RUN_ID, OTHER_ID),
        ("rescore", RUN_ID, "--grader", "gsm8k"),
        ("rescore", RUN_ID, "--grader", "gsm8k", "-o", "json"),
        ("compare", RUN_ID, OTHER_ID, "-o", "json"),
    ],
    ids=" ".join,
)
def test_every_command_marks_simulated_data(
    rft: Rft, api: FakeApi, monkeypatch: pytest.MonkeyPatch, model: str, simulated: bool, command: tuple[str, ...]
) -> None:
    stack = stack_of(model, simulated=simulated)
    stack.runs[RUN_ID]["status"] = "EVALUATING" if command[0] == "compare" else "COMPLETED"
    api.answer = stack.answer
    monkeypatch.setattr("rft_cli.commands.rescore.run_rows", lambda client, run_id: {})
    result = rft(*command)
    assert result.status == 0, result.err
    marked = '"simulated": true' in result.out if "json" in command else "(simulated)" in result.out
    assert marked == simulated, result.out


@MODELS
@pytest.mark.parametrize(
    "path",
    [
        "/",
        f"/runs/{RUN_ID}",
        f"/runs/{RUN_ID}/rollouts",
        f"/runs/{RUN_ID}/rollouts/0",
        f"/compare?first={RUN_ID}&second={OTHER_ID}",
    ],
)
def test_every_page_of_the_console_marks_simulated_data(api: FakeApi, model: str, simulated: bool, path: str) -> None:
    stack = stack_of(model, simulated=simulated)
    if path.startswith("/compare"):
        stack.runs[RUN_ID]["status"] = "EVALUATING"
    api.answer = stack.answer
    console = Console(ApiClient.signed(api.url, REGION, CREDENTIALS), Access(PORT))
    visitor = Visitor(create_app(console).test_client(), console.access, stack)
    visitor.get(f"/?token={console.access.token}")
    answer = visitor.get(path)
    console.close()
    assert answer.status_code == 200
    assert ("simulated" in answer.text.lower()) == simulated


@pytest.mark.parametrize("simulated", [True, False])
def test_the_report_marks_verdict_charts_and_the_comparison_of_rounds(simulated: bool) -> None:
    run = FakeReport(answers_captured=True).trained().compared()
    summary = run.record.evaluation
    assert summary is not None
    compared = evaluation(simulated=simulated)["previous"]
    parsed = type(summary).model_validate({**summary.model_dump(), "simulated": simulated, "previous": compared})
    assert run.record.dataset is not None
    made = {"number": 2, "run_id": OTHER_ID, "remaining": 1, "solved": 0, "hopeless": 0, "unmeasured": 0, "added": 0,
            "known": 0, "held_out": 0}  # fmt: skip
    dataset = type(run.record.dataset).model_validate({**run.record.dataset.model_dump(), "round": made})
    run.ledger.update(RUN_ID, {"evaluation": parsed, "dataset": dataset})
    report = run.write()
    assert report.simulated == simulated
    assert ("simulated)" in report.headline.sentence) == simulated
    page = run.page
    assert ("No model was trained." in page) == simulated
    charts = [chart.partition("</figure>")[0] for chart in page.split("<figure")[1:]]
    assert {">SIMULATED</text>" in chart for chart in charts} == {simulated}
    assert ("(simulated)" in page.partition("Against the round before")[2].partition("</p>")[0]) == simulated


def outcome(record: RunRecord) -> str:
    message = outcome_message(record)
    assert message.facts["simulated"] == ("(simulated)" in message.subject)
    return message.text


def approval(record: RunRecord) -> str:
    return approval_message(record, requested(("dear",), at=datetime(2026, 11, 20, tzinfo=UTC), days=7)).text


def slack(record: RunRecord) -> str:
    change = RunEvent(at=record.updated_at, before=RunStatus.EVALUATING, after=record.status)
    event = domain_events(None, record, change, sent=0, since=None)[0]
    standard = json.loads(webhook_body(event, "standard") or b"{}")
    assert standard["data"]["simulated"] == is_emulated(record)
    return (webhook_body(event, "slack") or b"").decode()


def mlflow(record: RunRecord) -> str:
    return "simulated" if tracked_run(record, report_uri="s3://b/r").tags["rft.simulated"] == "true" else ""


@MODELS
@pytest.mark.parametrize("text", [outcome, approval, slack, mlflow])
def test_every_message_marks_simulated_data(model: str, simulated: bool, text: Callable[[RunRecord], str]) -> None:
    view = RunView.model_validate(ended(model, simulated=simulated))
    same = {name: getattr(view, name) for name in RunRecord.model_fields if hasattr(view, name)}
    assert ("simulated" in text(run_record().model_copy(update=same)).lower()) == simulated


@pytest.mark.parametrize("simulated", [True, False])
def test_a_run_that_ended_after_calibration_on_the_emulator_is_simulated(simulated: bool) -> None:
    found = CalibrationSummary.model_validate(calibration(simulated=simulated))
    assert is_emulated(run_record().model_copy(update={"calibration": found})) == simulated


@pytest.mark.parametrize(("account", "simulated"), [(ACCOUNT, True), ("111122223333", False)])
def test_a_run_that_the_emulator_rejected_is_simulated(account: str, simulated: bool) -> None:
    arn = f"arn:aws:states:us-east-1:{account}:execution:TrainModel:{RUN_ID}"
    record = run_record().model_copy(update={"status": RunStatus.REJECTED, "execution_arn": arn})
    assert is_emulated(record) == simulated
    assert bool(console_links(record, "s3://bucket/runs/r/")) == (not simulated)
