from __future__ import annotations

import pytest

from rft.errors import InvalidGraderEvent
from tests.fakes.grader_function import grade, modules_after_import, read_event

NAME = "grade_format"


def test_the_sample_event_is_graded() -> None:
    results = grade(NAME, read_event(NAME))

    assert [(result.id, result.aggregate_reward_score) for result in results] == [
        ("right-flat", 1.0),
        ("right-nested", 1.0),
        ("wrong-type", 0.0),
        ("prose", 0.0),
        ("empty", 0.0),
    ]
    assert not any(result.errored for result in results)


def test_a_sample_that_cannot_be_graded_costs_no_other_its_score() -> None:
    first, second = read_event(NAME)[:2]
    batch = [
        first | {"reference_answer": {"format": {"json_schema": {"type": "objekt"}}}},
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
