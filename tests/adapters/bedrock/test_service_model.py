from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

import boto3
import pytest
from botocore.model import DenormalizedStructureBuilder, ListShape, Shape, StructureShape

from rft.adapters.bedrock.service_model import validate

REQUEST = {
    "jobName": "demo-20261120t120000-1a2b3c4d",
    "customModelName": "demo-20261120t120000-1a2b3c4d",
    "roleArn": "arn:aws:iam::123456789012:role/bedrock",
    "baseModelIdentifier": "amazon.nova-2-lite-v1:0:256k",
    "customizationType": "REINFORCEMENT_FINE_TUNING",
    "customizationConfig": {
        "rftConfig": {
            "graderConfig": {
                "lambdaGrader": {"lambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:grade:$LATEST"}
            },
            "hyperParameters": {"epochCount": 2, "learningRate": 1e-05, "reasoningEffort": "high"},
        }
    },
    "trainingDataConfig": {"s3Uri": "s3://data-bucket/runs/demo/dataset/train-799.jsonl"},
    "outputDataConfig": {"s3Uri": "s3://data-bucket/runs/demo/output/"},
    "jobTags": [{"key": "team", "value": ""}],
}


@pytest.fixture(scope="module")
def bedrock() -> Any:
    return boto3.client("bedrock", region_name="us-east-1").meta.service_model


@pytest.fixture(scope="module")
def shape(bedrock: Any) -> Shape:
    found = bedrock.operation_model("CreateModelCustomizationJob").input_shape
    assert isinstance(found, Shape)
    return found


def with_value(path: str, value: object) -> dict[str, Any]:
    """REQUEST with one value set; `path` is dotted, and None as value takes the last part away."""
    *parents, last = path.split(".")
    request: dict[str, Any] = {**REQUEST}
    inner = request
    for name in parents:
        inner[name] = dict(inner.get(name, {}))
        inner = inner[name]
    inner[last] = value
    return request


def test_a_valid_request_has_no_problems(shape: Shape) -> None:
    assert validate(REQUEST, shape) == []


HYPER = "customizationConfig.rftConfig.hyperParameters"


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("roleArn", None, "roleArn: is required"),
        ("trainingDataConfig.s3Uri", "s3://data-bucket/a=b", "trainingDataConfig.s3Uri: is 's3://data-bucket/a=b'"),
        ("outputDataConfig", {}, "outputDataConfig.s3Uri: is required"),
        ("jobName", "two--hyphens-are-fine-here" + "x" * 60, "jobName: has 86 characters, more than 63"),
        ("customModelName", "two--hyphens", "customModelName: is 'two--hyphens', which does not match"),
        ("customModelName", "", "customModelName: has 0 characters, less than 1"),
        ("customizationType", "RFT", "customizationType: is 'RFT', not one of FINE_TUNING"),
        ("jobTitle", "x", "jobTitle: is unknown"),
        (f"{HYPER}.epochCount", 0, f"{HYPER}.epochCount: is 0, less than 1"),
        (f"{HYPER}.epochCount", "2", f"{HYPER}.epochCount: is '2', not a whole number"),
        (f"{HYPER}.epochCount", True, f"{HYPER}.epochCount: is True, not a whole number"),
        (f"{HYPER}.batchSize", 513, f"{HYPER}.batchSize: is 513, more than 512"),
        (f"{HYPER}.learningRate", float("nan"), f"{HYPER}.learningRate: is nan, less than 1e-07"),
        (f"{HYPER}.reasoningEffort", "maximal", f"{HYPER}.reasoningEffort: is 'maximal', not one of low, medium, high"),
        ("customizationConfig.distillationConfig", {"teacherModelConfig": {"teacherModelIdentifier": "a.b"}},
         "customizationConfig: needs exactly one of"),
        ("jobTags", [{"key": "ok", "value": "ok"}, {"key": "a", "value": "no$"}], "jobTags[1].value: is 'no$', which"),
        ("jobTags", [{"key": "k", "value": "v"}] * 201, "jobTags: has 201 items, more than 200"),
        ("jobTags", "team=a", "jobTags: is 'team=a', not a list"),
        ("jobTags", [{"key": "unicode space", "value": "a\u2003b"}], "jobTags[0].value"),
        ("hyperParameters", {"a": 1}, "hyperParameters.a: is 1, not a string"),
        ("vpcConfig", {"subnetIds": [], "securityGroupIds": ["sg-1"]}, "vpcConfig.subnetIds: has 0 items, less than 1"),
    ],
)  # fmt: skip
def test_one_wrong_value_is_one_problem(shape: Shape, path: str, value: object, problem: str) -> None:
    problems = [text for text in validate(with_value(path, value), shape) if text.startswith(problem)]
    assert len(problems) == 1, validate(with_value(path, value), shape)


def test_all_problems_are_listed(shape: Shape) -> None:
    request = {**REQUEST, "roleArn": "admin", "jobName": "-", "jobTags": [{"key": "only"}]}
    assert {text.split(":")[0] for text in validate(request, shape)} == {"roleArn", "jobName", "jobTags[0].value"}


def test_a_value_that_is_no_object_is_one_problem(shape: Shape) -> None:
    assert validate([], shape) == ["request: is [], not an object"]


def test_a_long_wrong_value_is_cut(shape: Shape) -> None:
    problem = validate({**REQUEST, "customizationType": "x" * 5000}, shape)[0]
    assert len(problem) < 300


def test_sensitive_values_are_not_quoted() -> None:
    shape = DenormalizedStructureBuilder().with_members({"secret": {"type": "string"}}).build_model()
    shape.members["secret"].metadata["sensitive"] = True
    assert validate({"secret": 7}, shape) == ["secret: is a sensitive value, not a string"]


def test_a_long_row_of_hyphens_is_validated_quickly(bedrock: Any) -> None:
    shape = bedrock.operation_model("GetModelCustomizationJob").input_shape
    began = time.perf_counter()
    assert len(validate({"jobIdentifier": "a" + "-" * 900 + "!"}, shape)) == 1
    assert validate({"jobIdentifier": "a" + "-" * 900 + "b"}, shape) == []
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("resource", ["ModelCustomizationJob", "CustomModel", "CustomModelDeployment"])
def test_every_pattern_of_jobs_and_models_can_be_compiled(bedrock: Any, resource: str) -> None:
    names = [name for name in bedrock.operation_names if resource in name]
    assert names
    for shape in _strings(bedrock.operation_model(name).input_shape for name in names):
        validate("", shape)


def _strings(shapes: Iterable[Shape]) -> Iterator[Shape]:
    for shape in shapes:
        if isinstance(shape, StructureShape):
            yield from _strings(shape.members.values())
        elif isinstance(shape, ListShape):
            yield from _strings([shape.member])
        elif shape.type_name == "string":
            yield shape
