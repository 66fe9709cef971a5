"""Rows as JSON, through row_body."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.dataset import Message
from rft.datasets.records import RawRecord
from rft.datasets.render import Renderer, row_body
from rft.tasks import task
from rft.tasks.base import BadRecord, Example

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=10,
)
RFT = task("rft")


def example(reference: Any, **turn: Any) -> Example:
    message = Message.model_validate({"role": "user", "content": "What is it?", **turn})
    return Example(messages=(message,), reference_answer={"answer": reference}, domain="d", group="g")


@given(reference=VALUES, extra=VALUES)
def test_a_row_keeps_the_values_of_its_record(reference: Any, extra: Any) -> None:
    row = json.loads(row_body(example(reference, extra=extra), RFT, 7) + b"}")
    assert row["reference_answer"] == {"answer": reference}
    assert row["messages"] == [{"role": "user", "content": "What is it?", "extra": extra}]
    assert row["task_id"] == "rft-000007"


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_that_no_float_holds_is_refused_and_never_becomes_null(number: str) -> None:
    with pytest.raises(BadRecord, match="a number that is too large"):
        row_body(example(json.loads(number)), RFT, 1)


def test_infinity_as_text_is_accepted() -> None:
    assert b"To Infinity" in row_body(example("To Infinity"), RFT, 1)


@pytest.mark.parametrize("key", ["smoke_test_probe", "split", "run_id"])
@pytest.mark.parametrize("inside_metadata", [False, True])
def test_a_reserved_key_of_a_record_is_dropped_with_a_warning(key: str, inside_metadata: bool) -> None:
    fields = {key: True, "own": 1}
    extra = {"metadata": fields} if inside_metadata else fields
    raw = {"messages": [{"role": "user", "content": "a"}], "reference_answer": "b", **extra}
    rendered = Renderer(RFT, 42, lambda texts: [1] * len(texts))([RawRecord(1, raw)])
    row = json.loads(rendered.bodies + b"}")
    fields = row["metadata"] if inside_metadata else row
    assert key not in fields
    assert fields["own"] == 1
    assert rendered.warnings == {f"reserved_key_{key}": 1}


@pytest.mark.parametrize(
    ("grader", "reference", "reason"),
    [
        ("gsm8k", {"answer": "unknown"}, "holds no number"),
        ("gsm8k", {"label": "72"}, "holds no answer"),
        ("finqa", {"answer": "n/a"}, "neither a number nor yes or no"),
        ("format", {"answer": "72"}, r"reference_answer\.format: missing"),
        ("format", {"format": {"forbidden": ["("]}}, r"reference_answer\.format\.forbidden\[0\]"),
        ("format", {"format": {"json_schema": {"type": 5}}}, "is not JSON Schema"),
        ("composite", {"composite": {"weights": {"gsm8k": 1}}}, "holds no answer"),
        ("pandalm", {"label": "Response 3"}, "holds no label"),
        ("code", {"answer": "a"}, r"reference_answer\.code: missing"),
        ("extract", {"answer": "a"}, r"reference_answer\.extract: missing"),
    ],
)
def test_a_reference_that_the_runs_grader_cannot_use_is_a_bad_record(
    grader: str, reference: dict[str, Any], reason: str
) -> None:
    raw = {"messages": [{"role": "user", "content": "a"}], "reference_answer": reference}
    rows = [RawRecord(at, raw) for at in range(1, 4)]
    found = Renderer(RFT, 42, lambda texts: [1] * len(texts), grader)(rows).bad
    assert [each.position for each in found] == [1, 2, 3]
    assert re.search(reason, found[0].reason)
    assert Renderer(RFT, 42, lambda texts: [1] * len(texts))(rows).bad == []
