"""What a grader wrote is stored next to the rollouts, and shown by class and place alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.grading.private_replies import PrivateReplies
from rft.grading.private_text import PrivateText
from rft.ports.grading import GraderReply
from tests.kit.fakes.grader import CallableGrader, honest
from tests.kit.fakes.store import MemoryStore
from tests.kit.records import RUN_ID

CANARY = "PROMPT-CANARY-7f3a of a customer"
OURS, FOREIGN = "arn:ours:3", "arn:foreign"
BATCH = [{"id": "p1", "run_id": RUN_ID, "reference_answer": "1", "messages": [{"role": "assistant", "content": "a"}]}]


def replied(grade: Any, arn: str = FOREIGN, *, shows_text: bool = False) -> tuple[GraderReply, MemoryStore]:
    store = MemoryStore()
    private = PrivateReplies(CallableGrader(grade), store, foreign=[FOREIGN], shows_text=shows_text)
    return private.invoke(arn, BATCH), store


def raising(error: BaseException) -> Any:
    def grade(_: Any) -> Any:
        raise error

    return grade


def result(**parts: Any) -> dict[str, Any]:
    return {"id": "p1", "aggregate_reward_score": 0.0, "metrics_list": [], **parts}


GRADES = {
    "raises": raising(KeyError(CANARY)),
    "error of a sample": lambda _: [result(error=f"ValueError: {CANARY}")],
    "error without a class": lambda _: [result(error=CANARY)],
    "poses as ours": lambda _: [result(error=f"UngradableSample: {CANARY}")],
    "score is text": lambda _: [result(aggregate_reward_score=CANARY)],
    "id is text": lambda _: [result(id=CANARY)],
    "metric is text": lambda _: [result(metrics_list=[{"name": CANARY, "value": 1, "type": CANARY}])],
    "reply is text": lambda _: CANARY,
    "key is text": lambda _: {CANARY: {CANARY: [CANARY]}},
    "error is an object": lambda _: [result(error={"prompt": CANARY})],
}


@pytest.mark.parametrize("grade", GRADES.values(), ids=GRADES)
def test_a_foreign_graders_text_is_in_the_bucket_and_not_in_the_reply(grade: Any) -> None:
    reply, store = replied(grade)
    assert "CANARY" not in f"{reply.payload} {reply.failure}"
    assert any(CANARY in body.decode() for body in store.objects.values())
    assert all(f"/runs/{RUN_ID}/rollouts/errors/" in uri for uri in store.objects)
    (place, *_) = (uri.partition("rollouts/errors/")[2] for uri in store.objects)
    assert place in f"{reply.payload} {reply.failure}"


@pytest.mark.parametrize("arn", [OURS, FOREIGN])
def test_an_exception_of_any_grader_shows_its_class(arn: str) -> None:
    reply, _ = replied(raising(KeyError(CANARY)), arn)
    assert str(reply.failure).startswith("it failed with KeyError (text in rollouts/errors/")


@pytest.mark.parametrize("grade", GRADES.values(), ids=GRADES)
def test_a_stack_that_captures_answers_shows_all(grade: Any) -> None:
    reply, store = replied(grade, shows_text=True)
    assert "CANARY" in f"{reply.payload} {reply.failure}"
    assert store.objects == {}


def test_messages_of_lambda_and_of_shipped_graders_are_shown() -> None:
    ours = "UngradableSample: reference_answer: holds no number that can be read"
    assert replied(lambda _: [result(error=ours)], OURS)[0].payload[0]["error"] == ours
    timeout = "Sandbox.Timedout: RequestId: 1-a Error: Task timed out after 3.00 seconds"
    assert PrivateText(trusted=False).reason(timeout) == timeout
    assert PrivateText(trusted=False).reason("Runtime.ExitError") == "Runtime.ExitError"


@pytest.mark.parametrize("text", ["Task timed out after 1.00 seconds", "Task timed out after 1.00 seconds: CANARY"])
def test_only_lambdas_timeout_message_with_its_time_is_shown(text: str) -> None:
    at = "2026-11-28T07:54:07.143Z 0c5ae3a2-9f0e-4a3b-8a51-6f3f6a0d7b11"
    shown = PrivateText(trusted=False).reason(f"Sandbox.Timedout: {at} {text}")
    hidden = "CANARY" in text
    assert shown.startswith(
        "Sandbox.Timedout (text in rollouts/errors/" if hidden else f"Sandbox.Timedout: {at} {text}"
    )
    assert "CANARY" not in shown


def test_a_reply_without_text_is_unchanged() -> None:
    batch = [{**BATCH[0], "reference_answer": {"label": "Tie"}}]
    private = PrivateReplies(CallableGrader(honest), MemoryStore(), foreign=[FOREIGN], shows_text=False)
    assert private.invoke(FOREIGN, batch).payload == honest(batch)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("error"), inner, max_size=3),
    max_leaves=12,
)


@given(payload=JSON, where=st.sampled_from(["wrap", "key", "value"]))
def test_no_reply_of_any_form_shows_a_foreign_text(payload: Any, where: str) -> None:
    whole = {"wrap": [payload, CANARY], "key": {CANARY: payload}, "value": [{"error": CANARY, "id": payload}]}[where]
    assert "CANARY" not in repr(PrivateText(trusted=False).payload(whole, ["p1"]))


def test_a_text_that_is_not_valid_unicode_is_stored_and_bounded() -> None:
    _, store = replied(raising(ValueError("\ud800" + "x" * 1_000_000)))
    (body,) = store.objects.values()
    assert body.startswith(b"ValueError: \\ud800x")
    assert len(body) < 110_000
