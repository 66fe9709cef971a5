from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from rft import wiring
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.fakes.store import MemoryStore
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("start_from_upload")
OBJECT = EVENT["detail"]["object"]


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    clock = FixedClock()
    made = {
        "clock": clock,
        "ledger": MemoryLedger(clock),
        "executions": MemoryExecutions(),
        "notifier": MemoryNotifier(),
        "object_store": MemoryStore(),
    }
    for name, port in made.items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    monkeypatch.setattr(wiring, "upload_rejections", wiring.ledger)
    monkeypatch.setenv("DATA_BUCKET", "data-bucket")
    monkeypatch.setenv("GRADERS", json.dumps({"pandalm": "arn:aws:lambda:us-east-1:123456789012:function:pandalm"}))
    return made


def test_the_sample_event_starts_a_run_of_that_version(ports: dict[str, Any]) -> None:
    handler = load_function("start_from_upload").handler
    outputs = [handler(EVENT, Context()) for _ in range(3)]
    assert outputs[0] == outputs[1] == outputs[2]
    assert outputs[0]["problems"] == []
    (payload,) = ports["executions"].started.values()
    assert payload["run_id"] == outputs[0]["run_id"]
    assert payload["request"]["dataset"]["version"] == OBJECT["version-id"]


def test_a_key_is_used_unchanged_as_eventbridge_does_not_encode_it(ports: dict[str, Any]) -> None:
    event = copy.deepcopy(EVENT)
    event["detail"]["object"]["key"] = "uploads/pandalm/demo/my file+1.json"
    run_id = load_function("start_from_upload").handler(event, Context())["run_id"]
    assert ports["ledger"].get(run_id).request.dataset.uri == "s3://data-bucket/uploads/pandalm/demo/my file+1.json"


def test_an_event_without_a_version_is_identified_by_its_etag(ports: dict[str, Any]) -> None:
    event = copy.deepcopy(EVENT)
    del event["detail"]["object"]["version-id"]
    run_id = load_function("start_from_upload").handler(event, Context())["run_id"]
    assert ports["ledger"].get(run_id).request.dataset.version is None


def test_an_upload_that_starts_no_run_is_announced_without_an_error(ports: dict[str, Any]) -> None:
    event = copy.deepcopy(EVENT)
    event["detail"]["object"]["key"] = "uploads/stray.json"
    output = load_function("start_from_upload").handler(event, Context())
    assert output["run_id"] is None
    assert "uploads/<task>/<name>/<file>" in output["problems"][0]
    assert len(ports["notifier"].sent) == 1
