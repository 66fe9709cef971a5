"""Whatever a run.json holds, an upload is a run, or a rejection that ledger and topic take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.http.limits import MAX_MESSAGE_BYTES, SUBJECT
from rft.adapters.dynamodb.ledger_items import record_item, rejection_item
from rft.adapters.notifier import message_text
from rft.contracts.outbound.topic_messages import TopicMessage
from rft.contracts.run_request import RunRequest
from rft.text import subject_line
from tests.kit.hostile_text import HOSTILE, acting_in
from tests.kit.uploads import KEY, RUN_JSON, Bucket

MAX_ITEM_BYTES = 400_000
NUMBERS = [
    "1e127",
    "-1e127",
    "1e400",
    "1e-131",
    "5e-324",
    "1" + "0" * 40,
    "1.000000000000000000000000000000000000001",
    "-0.0",
]
FIELDS = [
    "max_cost_usd",
    "max_training_hours",
    "max_judge_calls",
    "dataset.max_samples",
    "dataset.split.seed",
    "dataset.split.train",
    "hyperparameters.learningRate",
    "hyperparameters.epochCount",
    "smoke_test.minimum_score",
    "smoke_test.thresholds.liveness_block",
    "evaluation.minimum_gain",
    "evaluation.max_hours",
    "breaker.answer_length.limit",
    "breaker.judge_cost.limit",
    "grader.score_range",
]


def check(run_json: bytes, key: str = KEY) -> Bucket:
    """Delivers the file twice; what is stored and sent fits DynamoDB and SNS, and is sent once."""
    bucket = Bucket()
    bucket.store.objects[RUN_JSON] = run_json
    first, again = bucket.deliver(key), bucket.deliver(key)
    assert first == again
    assert bool(first.run_id) != bool(first.problems)
    items = [*map(record_item, bucket.ledger.records.values()), *map(rejection_item, bucket.ledger.rejections.values())]
    assert len(items) == 1
    assert len(json.dumps(items)) < MAX_ITEM_BYTES
    assert len(bucket.notifier.sent) == bool(first.problems)
    for subject, message in bucket.notifier.sent:
        assert SUBJECT.fullmatch(subject_line(subject))
        text = message_text(TopicMessage("n", subject, message, bucket.notifier.texts[0]))
        assert len(text.encode()) <= MAX_MESSAGE_BYTES
        assert acting_in(text, allowed="\n") == set()
    return bucket


def as_json(field: str, number: str) -> bytes:
    """A request with one number, as it is written."""
    *outer, last = field.split(".")
    text = f'{{"{last}": {f"[0, {number}]" if last == "score_range" else number}}}'
    for name in reversed(outer):
        text = f'{{"{name}": {text}}}'
    return text.encode()


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_number_that_the_ledger_cannot_hold_is_a_rejection(field: str, number: str) -> None:
    check(as_json(field, number))


def test_4500_problems_are_one_rejection_that_fits() -> None:
    fields = {f"{number:x}{HOSTILE[0]}": 1 for number in range(4500)}
    bucket = check(json.dumps(fields, separators=(",", ":")).encode())
    (rejection,) = bucket.ledger.rejections.values()
    assert len(rejection.problems) == 50
    assert rejection.problems[-1].startswith("… and 4,")


@pytest.mark.parametrize(
    "key", [f"uploads/pandalm/demo/{HOSTILE.replace('/', '')}", f"uploads/{HOSTILE}/x", "uploads/" + "é" * 500]
)
def test_a_key_with_control_characters_is_one_rejection(key: str) -> None:
    bucket = Bucket()
    assert bucket.deliver(key).problems
    ((subject, message),) = bucket.notifier.sent
    assert SUBJECT.fullmatch(subject_line(subject))
    text = message_text(TopicMessage("n", subject, message, bucket.notifier.texts[0]))
    assert acting_in(text, allowed="\n") == set()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.just(HOSTILE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
REQUESTS = st.dictionaries(st.sampled_from([*RunRequest.model_fields, "extra", HOSTILE]), JSON, max_size=4)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(REQUESTS)
def test_any_run_json_is_a_run_or_a_rejection(request: dict[str, Any]) -> None:
    check(json.dumps(request).encode())
