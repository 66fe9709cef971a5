"""What the graders that go by rules have in common, as Lambda runs them."""

from __future__ import annotations

from typing import Any

import pytest

from rft.errors import InvalidGraderEvent
from tests.kit.grader_function import grade, modules_after_import
from tests.kit.project import read_event

REWARDS = {
    "grade_gsm8k": {"right-flat": 1.0, "right-nested": 1.0, "wrong": 0.0, "hedged": 0.0, "unmarked": 0.0},
    "grade_finqa": {"right-flat": 1.0, "right-nested": 1.0, "yes": 1.0, "hundredfold": 0.0, "near-zero": 0.0},
    "grade_format": {"right-flat": 1.0, "right-nested": 1.0, "wrong-type": 0.0, "prose": 0.0, "empty": 0.0},
    "grade_extract": {"right-flat": 1.0, "right-nested": 1.0, "one-wrong": 0.8, "prose": 0.0},
    "grade_composite": {"all-kept": 1.0, "no-sections": 0.8, "wrong": 0.3, "gated": 0.0},
}
"""Of each sample in events/<name>.json, by its id."""

CANNOT_BE_GRADED: dict[str, Any] = {
    "grade_gsm8k": {"answer": "unknown"},
    "grade_finqa": {"answer": "n/a"},
    "grade_format": {"format": {"json_schema": {"type": "objekt"}}},
    "grade_extract": {"extract": {"value": []}},
    "grade_composite": {"answer": "72", "composite": {"weights": {"gsm8k": 0.5}}},
}
"""A reference that says nothing."""

every_grader = pytest.mark.parametrize("name", sorted(REWARDS))


@every_grader
def test_the_sample_event_is_graded(name: str) -> None:
    results = grade(name, read_event(name))

    assert {result.id: result.aggregate_reward_score for result in results} == REWARDS[name]
    assert [result.id for result in results] == list(REWARDS[name])
    assert not any(result.errored for result in results)


@every_grader
def test_an_ungradable_sample_affects_no_other_score(name: str) -> None:
    first, second = read_event(name)[:2]
    batch = [first | {"reference_answer": CANNOT_BE_GRADED[name]}, "no sample", {"id": "bare"}, second]

    results = grade(name, batch)

    assert [result.id for result in results] == [first["id"], "sample-2", "bare", second["id"]]
    assert [result.errored for result in results] == [True, True, True, False]
    assert [result.aggregate_reward_score for result in results[:3]] == [0, 0, 0]


@every_grader
def test_an_event_that_is_no_batch_is_refused(name: str) -> None:
    with pytest.raises(InvalidGraderEvent, match="array of samples"):
        grade(name, {"Records": []})


@every_grader
def test_its_import_loads_no_aws_client(name: str) -> None:
    assert not {"boto3", "botocore.session", "tiktoken"} & modules_after_import(name)
