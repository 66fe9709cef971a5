"""The handler with its event file: ports come from wiring, everything else is real."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rft import wiring
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import SmokeTestInput
from rft.tasks import task
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.grader import CallableGrader, Grade, honest, result
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.project import read_event
from tests.kit.records import add_run

ROOT = Path(__file__).parents[2]
GRADER = "arn:aws:lambda:us-east-1:123456789012:function:pandalm"
CONTEXT = SimpleNamespace(
    function_name="smoke_test_grader",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:smoke_test_grader",
    aws_request_id="0b6c1e1e-0000-4000-8000-000000000000",
)


@pytest.fixture
def event() -> dict[str, Any]:
    loaded: dict[str, Any] = read_event("smoke_test_grader")
    return loaded


@pytest.fixture
def handler() -> Any:
    spec = importlib.util.spec_from_file_location("smoke_test_grader_app", ROOT / "functions/smoke_test_grader/app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


def deploy(event: dict[str, Any], grade: Grade, monkeypatch: pytest.MonkeyPatch) -> MemoryLedger:
    """What the step finds on AWS when this event arrives."""
    clock, step = FixedClock(), SmokeTestInput.model_validate(event)
    ledger, store = MemoryLedger(clock), MemoryStore()
    add_run(ledger, RunStatus.PREPARING, run_id=step.run_id)
    store.put_bytes(step.dataset.train_uri, rows(step.run_id, step.dataset.train_rows))
    store.put_bytes(step.dataset.validation_uri, rows(step.run_id, step.dataset.validation_rows))
    ports = {"clock": clock, "ledger": ledger, "object_store": store, "grader_invoker": CallableGrader(grade)}
    for name, port in ports.items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    monkeypatch.setenv("GRADERS", json.dumps({"pandalm": GRADER}))
    return ledger


def rows(run_id: str, count: int) -> bytes:
    return b"\n".join(json.dumps(row(run_id, n)).encode() for n in range(count))


def row(run_id: str, n: int) -> dict[str, Any]:
    votes = {f"annotator{k}": n % 3 for k in (1, 2, 3)}
    example = task("pandalm").read(
        {"instruction": f"Secret task {n}", "input": "", "response1": "a", "response2": "b", **votes}
    )
    return {
        "messages": [m.model_dump() for m in example.messages],
        "reference_answer": example.reference_answer,
        "task_id": f"pandalm-{n}",
        "domain": example.domain,
        "data_source": "pandalm",
        "run_id": run_id,
    }


def test_the_sample_event_trusts_an_honest_grader(
    event: dict[str, Any], handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = deploy(event, honest, monkeypatch)

    answer = handler(event, CONTEXT)

    run_id = event["run_id"]
    report_uri = f"s3://data-bucket/runs/{run_id}/smoke_test.json"
    assert answer == {
        "trusted": True,
        "grader_arn": f"{GRADER}:7",
        "report_uri": report_uri,
        "error": "",
        "cause": "",
        "needs_approval": [],
    }
    assert ledger.get(run_id).status == RunStatus.SMOKE_TESTING


def test_an_untrusted_grader_is_a_result_not_an_error(
    event: dict[str, Any], handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(event, lambda batch: [result(sample, 0.5) for sample in batch], monkeypatch)

    answer = handler(event, CONTEXT)

    assert answer["trusted"] is False
    assert answer["cause"].startswith("spread: the grader is constant at about 0.50")


def test_an_event_with_an_unknown_field_is_refused(event: dict[str, Any], handler: Any) -> None:
    with pytest.raises(ValueError, match="surprise"):
        handler({**event, "surprise": 1}, CONTEXT)


def test_probes_beyond_one_functions_budget_are_handed_off(
    event: dict[str, Any], handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(event, honest, monkeypatch)
    monkeypatch.setenv("PROBE_BUDGET_SECONDS", "0")

    answer = handler(event, CONTEXT)

    assert answer["grader_arn"] == f"{GRADER}:7"
    assert [part["number"] for part in answer["parts"]] == [1]
