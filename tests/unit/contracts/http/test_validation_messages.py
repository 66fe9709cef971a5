"""Messages of invalid fields name the valid form, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.http.patterns import IN_WORDS
from rft.contracts.http.validation_messages import validation_messages
from rft.contracts.prices import PriceTable
from rft.contracts.run_request import RunRequest

DATASET = {"task": "pandalm", "uri": "s3://bucket/rows.json"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "My Judge"}, "may contain only lower-case letters, digits and single hyphens between them"),
        ({"dataset": {**DATASET, "task": "Panda"}}, "must begin with a lower-case letter"),
        ({"dataset": {**DATASET, "version": "a b"}}, "must be the version id that S3 gave"),
        ({"grader": {"lambda_arn": "grade"}}, "must be the ARN of a Lambda function"),
        ({"tags": {"": "x"}}, "may contain only letters, digits, spaces and . _ : / = + @ -, and"),
        ({"tags": {"team": "<b>"}}, "may contain only letters, digits, spaces and . _ : / = + @ -"),
        ({"nmae": "judge"}, "unknown field"),
        ({"dataset": {"task": "pandalm"}}, "is missing"),
        ({"dataset": {**DATASET, "split": {"train": 0.5}}}, "train, validation and test must add up to 1"),
        ({"smoke_test": {"sample_size": 5000}}, "smoke_test.sample_size: must be less than or equal to 1000"),
    ],
)
def test_a_message_describes_the_expected_form(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        RunRequest.model_validate_json(json.dumps({"name": "judge", "dataset": DATASET, **changes}))
    message = validation_messages(refused.value, "request")
    assert expected in message
    assert not re.search(r"[;^$]|Value error", message)


@pytest.mark.parametrize("contract", [RunRequest, PriceTable])
def test_every_pattern_of_user_input_has_a_description(contract: Any) -> None:
    assert set(patterns(contract.model_json_schema())) <= IN_WORDS.keys()


def patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(found := schema.get("pattern"), str):
            yield found
        for inner in schema.values():
            yield from patterns(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from patterns(inner)


def test_the_example_in_a_description_matches_its_pattern() -> None:
    for pattern, words in IN_WORDS.items():
        if example := re.search(r"such as (.+)", words):
            assert re.match(pattern, example[1])
