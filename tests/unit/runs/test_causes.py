from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.runs.causes import MAX_CAUSE, readable_cause


def test_a_lambdas_exception_gives_its_message() -> None:
    cause = {"errorMessage": "name: too long", "errorType": "InvalidRequest", "stackTrace": ["  File …"]}
    assert readable_cause("InvalidRequest", json.dumps(cause)) == "name: too long"


@pytest.mark.parametrize(
    "cause", ["plain words", "{not json", '{"other": 1}', '["errorMessage"]', "[" * 2000, "42", '{"errorMessage": 7}']
)
def test_any_other_cause_is_unchanged(cause: str) -> None:
    assert readable_cause("E", cause) == cause


def test_without_a_cause_the_error_is_shown() -> None:
    assert readable_cause("States.Timeout", "") == "States.Timeout, without further detail"
    assert readable_cause("", "") == ""


def test_a_long_cause_is_cut_and_says_so() -> None:
    cut = readable_cause("E", "x" * 30_000)
    assert cut.endswith("(26000 more characters)")
    assert len(cut) < MAX_CAUSE + 40


@given(st.text(), st.text())
def test_any_cause_can_be_read(error: str, cause: str) -> None:
    assert isinstance(readable_cause(error, cause), str)
