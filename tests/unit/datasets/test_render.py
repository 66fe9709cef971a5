"""Rows as JSON, through row_body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.dataset import Message
from rft.datasets.render import row_body
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
def test_a_row_holds_what_was_read(reference: Any, extra: Any) -> None:
    row = json.loads(row_body(example(reference, extra=extra), RFT, 7) + b"}")
    assert row["reference_answer"] == {"answer": reference}
    assert row["messages"] == [{"role": "user", "content": "What is it?", "extra": extra}]
    assert row["task_id"] == "rft-000007"


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_that_no_float_holds_is_refused_and_never_becomes_null(number: str) -> None:
    with pytest.raises(BadRecord, match="a number that is too large"):
        row_body(example(json.loads(number)), RFT, 1)


def test_the_word_is_a_text_like_any_other() -> None:
    assert b"To Infinity" in row_body(example("To Infinity"), RFT, 1)
