from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.dataset import DatasetRow, Message
from rft.contracts.grading import rollout_event
from rft.rewards.samples import UngradableSample, read_reference, read_sample, sample_id, sample_run_id

REFERENCE = {"label": "Response 1"}
PROMPT = {"role": "user", "content": "Which?"}


def raw(**changes: Any) -> dict[str, Any]:
    answer = {"role": "assistant", "content": "This one."}
    return {"id": "a", "messages": [PROMPT, answer], "reference_answer": REFERENCE, **changes}


@pytest.mark.parametrize("role", ["assistant", "nova_assistant"])
@pytest.mark.parametrize(
    "content",
    [
        "This one.",
        [{"text": "This one."}],
        [{"type": "text", "text": "This "}, {"type": "text", "text": "one."}],
        ["This ", "one."],
        [{"reasoningContent": {"reasoningText": {"text": "Hm."}}}, {"text": "This one."}],
    ],
)
def test_every_shape_of_an_answer_is_read(role: str, content: object) -> None:
    sample = read_sample(raw(messages=[PROMPT, {"role": role, "content": content}]))

    assert (sample.answer, sample.prompt) == ("This one.", (("user", "Which?"),))


@pytest.mark.parametrize(
    "reference",
    [
        REFERENCE,
        json.dumps(REFERENCE),
        {"text": json.dumps(REFERENCE)},
        {"type": "text", "text": f" {json.dumps(REFERENCE)}"},
    ],
)
@pytest.mark.parametrize("place", ["top", "metadata"])
def test_every_shape_and_place_of_a_reference_is_read(reference: object, place: str) -> None:
    if place == "top":
        sample = read_sample(raw(reference_answer=reference))
    else:
        wrapped = raw(metadata={"reference_answer": reference, "task_id": "t-1"})
        del wrapped["reference_answer"]
        sample = read_sample(wrapped)

    assert sample.reference == REFERENCE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("72", "72"),
        ({"text": "72"}, "72"),
        ("{not json", "{not json"),
        ("{}", {}),
        ("[1]", "[1]"),
        ({"text": "72", "unit": "m"}, {"text": "72", "unit": "m"}),
        (None, None),
        ("", ""),
    ],
)
def test_references_without_a_wrapper_are_unchanged(value: object, expected: object) -> None:
    assert read_reference(value) == expected


def test_other_keys_reach_the_grader_from_any_position() -> None:
    sample = read_sample(raw(metadata={"task_id": "t-1", "domain": "x"}, domain="y"))

    assert sample.fields == {"task_id": "t-1", "domain": "y"}


def test_a_rollout_of_a_dataset_row_is_read_as_it_was_written() -> None:
    row = DatasetRow(
        messages=(Message(role="system", content="S"), Message(role="user", content="U")),
        reference_answer=REFERENCE,
        task_id="t-1",
        domain="d",
        data_source="pandalm",
        run_id="demo-20261120t120000-00000000",
    )
    event = rollout_event(row, "A", id="x")

    sample = read_sample(event)

    assert (sample.id, sample.answer, sample.reference) == ("x", "A", REFERENCE)
    assert sample.prompt == (("system", "S"), ("user", "U"))
    assert sample_run_id(event) == row.run_id


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (None, "must be an object"),
        ("text", "must be an object"),
        ([], "must be an object"),
        ({}, "id: missing"),
        (raw(id=None), "id: missing"),
        (raw(id=""), "id: missing"),
        (raw(id=True), "id: missing"),
        (raw(id="\ud800"), "id: missing"),
        (raw(messages=None), "messages: must be an array"),
        (raw(messages=[]), "must be the assistant's answer"),
        (raw(messages=[PROMPT]), "must be the assistant's answer"),
        (raw(messages=[{"role": "assistant", "content": "An example."}, PROMPT]), "must be the assistant's answer"),
        (raw(messages=["text"]), "each must be an object"),
        (raw(messages=[{"content": "text"}]), "each must be an object"),
        (raw(messages=[{"role": "assistant", "content": None}]), "content must be"),
        (raw(messages=[{"role": "assistant"}]), "content must be"),
        (raw(reference_answer=72), "reference_answer: must be"),
        (raw(reference_answer=["72"]), "reference_answer: must be"),
    ],
)
def test_an_ungradable_sample_has_a_reason(broken: object, reason: str) -> None:
    with pytest.raises(UngradableSample, match=reason):
        read_sample(broken)


def test_an_empty_answer_is_read_and_a_lone_surrogate_is_replaced() -> None:
    assert read_sample(raw(messages=[{"role": "assistant", "content": ""}])).answer == ""
    assert read_sample(raw(messages=[{"role": "assistant", "content": "a\ud800b"}])).answer == "a?b"


def test_every_sample_has_an_id_to_answer_under() -> None:
    assert sample_id(raw(id="0"), 7) == "0"
    assert sample_id(raw(id=12), 7) == "12"
    assert [sample_id(broken, 7) for broken in (None, {}, raw(id=""), raw(id="\ud800"))] == ["sample-7"] * 4


any_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
almost_samples = st.fixed_dictionaries(
    {},
    optional={
        "id": any_json,
        "messages": any_json
        | st.lists(
            st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"])}, optional={"content": any_json}),
            max_size=3,
        ),
        "reference_answer": any_json,
        "metadata": any_json,
        "run_id": any_json,
    },
)


@settings(max_examples=1000, deadline=None)
@given(any_json | almost_samples)
def test_any_json_is_a_sample_or_ungradable(value: Any) -> None:
    assert sample_id(value, 1).encode()
    sample_run_id(value)
    try:
        sample = read_sample(value)
    except UngradableSample:
        return
    assert sample.id == sample_id(value, 1)
    assert sample.answer.encode() is not None
