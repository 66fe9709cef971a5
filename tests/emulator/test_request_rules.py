"""The emulated Bedrock's request validation, compared with documented cases and with the product's validation."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.http.request_rules import input_shape, violations
from rft.adapters.bedrock.service_model import validate

SHAPE = input_shape("CreateModelCustomizationJob")

REQUEST: dict[str, Any] = {
    "jobName": "demo",
    "customModelName": "demo",
    "clientRequestToken": "demo",
    "roleArn": "arn:aws:iam::123456789012:role/bedrock",
    "baseModelIdentifier": "amazon.nova-2-lite-v1:0:256k",
    "customizationType": "REINFORCEMENT_FINE_TUNING",
    "customizationConfig": {
        "rftConfig": {
            "graderConfig": {
                "lambdaGrader": {"lambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:grade:7"},
            },
            "hyperParameters": {"batchSize": 16, "learningRate": 5e-5, "epochCount": 1},
        }
    },
    "trainingDataConfig": {"s3Uri": "s3://bucket/train.jsonl"},
    "validationDataConfig": {"validators": [{"s3Uri": "s3://bucket/validation.jsonl"}]},
    "outputDataConfig": {"s3Uri": "s3://bucket/output/"},
    "jobTags": [{"key": "run", "value": "demo"}],
}

PATHS: list[tuple[str | int, ...]] = [
    ("jobName",),
    ("roleArn",),
    ("customizationType",),
    ("customizationConfig",),
    ("customizationConfig", "rftConfig", "hyperParameters", "batchSize"),
    ("customizationConfig", "rftConfig", "hyperParameters", "learningRate"),
    ("trainingDataConfig", "s3Uri"),
    ("validationDataConfig", "validators"),
    ("jobTags", 0, "key"),
    ("unknown",),
]

VALUES = st.one_of(
    st.sampled_from(["", "two words", "a" * 64, "-" * 63, "s3://bucket/a b", "FINE_TUNING", {}, [], [{}], True]),
    st.integers(-1, 2048),
    st.floats(0, 1, allow_nan=False),
    st.text(max_size=70),
)


def with_value(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    request: Any = copy.deepcopy(REQUEST)
    target = request
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    return dict(request)


def test_a_valid_request_has_no_violations() -> None:
    assert list(violations(REQUEST, SHAPE)) == []


@pytest.mark.parametrize(
    ("path", "value", "constraint"),
    [
        (("jobName",), "two words", "Member must satisfy regular expression pattern"),
        (("jobName",), "a" * 64, "Member must have length less than or equal to 63"),
        (("roleArn",), None, "Member must not be null"),
        (("customizationType",), "OTHER", "Member must satisfy enum value set"),
        (("customizationConfig",), {}, "Member must have exactly one of"),
        (("customizationConfig", "rftConfig", "hyperParameters", "batchSize"), 1, "value greater than or equal to 16"),
        (("jobTags",), "none", "Member must be of type list"),
        (("surprise",), 1, "Member is unknown"),
    ],
)
def test_each_kind_of_violation_names_member_and_constraint(path: Any, value: Any, constraint: str) -> None:
    (message,) = violations(with_value(path, value), SHAPE)
    assert str(path[-1]) in message
    assert constraint in message


@given(st.sampled_from(PATHS), VALUES)
def test_violations_agree_with_an_independent_validator(path: tuple[str | int, ...], value: Any) -> None:
    request = with_value(path, value)
    assert bool(list(violations(request, SHAPE))) == bool(validate(request, SHAPE))
