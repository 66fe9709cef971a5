"""The handler with its event file: ports come from wiring, everything else is real."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rft import wiring
from rft.contracts.probe_batches import PartScores, RunProbeBatchInput
from tests.kit.fake_smoke_test import pandalm_row
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.grader import CallableGrader, honest
from tests.kit.fakes.store import MemoryStore
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event


@pytest.fixture
def event() -> dict[str, Any]:
    loaded: dict[str, Any] = read_event("run_probe_batch")
    return loaded


def rows(count: int) -> bytes:
    return b"\n".join(json.dumps(pandalm_row(n)).encode() for n in range(count))


def deploy(event: dict[str, Any], grader: CallableGrader, monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    dataset, store = RunProbeBatchInput.model_validate(event).dataset, MemoryStore()
    store.put_bytes(dataset.train_uri, rows(dataset.train_rows))
    store.put_bytes(dataset.validation_uri, rows(dataset.validation_rows))
    for name, port in {"clock": FixedClock(), "object_store": store, "grader_invoker": grader}.items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    return store


def test_the_sample_events_batch_is_run_and_stored(event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    grader = CallableGrader(honest)
    store = deploy(event, grader, monkeypatch)

    answer = load_function("run_probe_batch").handler(event, Context())

    assert json.loads(json.dumps(answer)) == {"number": 1, "batches": 4}
    stored = PartScores.model_validate_json(
        store.get_bytes(f"s3://data-bucket/runs/{event['run_id']}/smoke_test/part-0001.json")
    )
    assert [batch.number for batch in stored.batches] == event["part"]["batches"]
    assert all(answer.score is not None for batch in stored.batches for answer in batch.answers)
    assert grader.arns == {event["grader_arn"]}
    assert len(grader.batches) == 4


def test_an_event_with_an_unknown_field_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="surprise"):
        load_function("run_probe_batch").handler({**event, "surprise": 1}, Context())
