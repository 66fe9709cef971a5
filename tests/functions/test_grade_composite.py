from __future__ import annotations

import pytest
from pydantic import ValidationError

from rft.errors import InvalidGraderEvent
from tests.fakes.grader_function import grade, modules_after_import, read_event

NAME = "grade_composite"


def test_the_sample_event_is_graded() -> None:
    results = grade(NAME, read_event(NAME))

    assert [(result.id, result.aggregate_reward_score) for result in results] == [
        ("all-kept", 1.0),
        ("no-sections", 0.8),
        ("wrong", 0.3),
        ("gated", 0.0),
    ]
    assert not any(result.errored for result in results)


def test_a_sample_that_cannot_be_graded_costs_no_other_its_score() -> None:
    first, second = read_event(NAME)[:2]
    batch = [
        first | {"reference_answer": {"answer": "72", "composite": {"weights": {"gsm8k": 0.5}}}},
        "no sample",
        {"id": "bare"},
        second,
    ]

    results = grade(NAME, batch)

    assert [result.id for result in results] == [first["id"], "sample-2", "bare", second["id"]]
    assert [result.errored for result in results] == [True, True, True, False]
    assert [result.aggregate_reward_score for result in results[:3]] == [0, 0, 0]


def test_an_event_that_is_no_batch_is_refused() -> None:
    with pytest.raises(InvalidGraderEvent, match="array of samples"):
        grade(NAME, {"Records": []})


def test_its_import_loads_no_aws_client() -> None:
    assert not {"boto3", "botocore.session", "tiktoken"} & modules_after_import(NAME)


@pytest.mark.parametrize("default", ["{}", '{"weights": {"gsm8k": 1}}'])
def test_rows_without_a_composite_take_the_stacks(default: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSITE_DEFAULT", default)
    batch = [sample | {"reference_answer": {"answer": "72"}} for sample in read_event("grade_composite")[:1]]

    (result,) = grade("grade_composite", batch)

    assert result.errored == (default == "{}")
    assert result.aggregate_reward_score == (0 if default == "{}" else 1)


@pytest.mark.parametrize("default", ["weights", "[]", '{"weights": {"gsm8k": 0.5}}'])
def test_a_wrong_parameter_fails_the_call(default: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSITE_DEFAULT", default)

    with pytest.raises(ValidationError):
        grade("grade_composite", read_event("grade_composite"))
