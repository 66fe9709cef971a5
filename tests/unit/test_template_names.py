"""template.yaml with ResourcePrefix: names within the bounds of their services and of Bedrock."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest

from tests.kit.project import FUNCTIONS, RESOURCES, TEMPLATE

PREFIX, STACK = "sagemaker-012345678-", "a-stack-of-24-characters"
ID = "0123456789ab"
NAMED = {
    "AWS::Serverless::Function": ("FunctionName", r"[A-Za-z0-9_-]{1,64}"),
    "AWS::Serverless::StateMachine": ("Name", r"[A-Za-z0-9_-]{1,80}"),
    "AWS::DynamoDB::Table": ("TableName", r"[A-Za-z0-9_.-]{3,255}"),
    "AWS::S3::Bucket": ("BucketName", r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"),
    "AWS::SNS::Topic": ("TopicName", r"[A-Za-z0-9_-]{1,256}"),
    "AWS::SQS::Queue": ("QueueName", r"[A-Za-z0-9_-]{1,80}"),
}
"""Type → its property, and the names that the service takes."""


def resolved(text: str) -> str:
    values = {"ResourcePrefix": PREFIX, "AWS::StackName": STACK, "Part": ID}
    return re.sub(r"\$\{([\w:]+)\}", lambda found: values[found[1]], text)


def name_of(resource: dict[str, Any]) -> str:
    """With the longest prefix and stack name, and AWS::NoValue without a prefix."""
    condition, name, otherwise = resource["Properties"][NAMED[resource["Type"]][0]]["Fn::If"]
    assert (condition, otherwise) == ("HasResourcePrefix", {"Ref": "AWS::NoValue"})
    text = name["Fn::Sub"]
    return resolved(text if isinstance(text, str) else text[0])


@pytest.mark.parametrize("name", [name for name, each in RESOURCES.items() if each["Type"] in NAMED])
def test_a_name_is_valid_for_its_service(name: str) -> None:
    found = name_of(RESOURCES[name])
    assert found.startswith(PREFIX)
    assert re.fullmatch(NAMED[RESOURCES[name]["Type"]][1], found), f"{found}: {len(found)} characters"


def test_no_two_resources_of_a_type_have_the_same_name() -> None:
    names = [(each["Type"], name_of(each)) for each in RESOURCES.values() if each["Type"] in NAMED]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["DataBucket", "Ledger"])
def test_retained_resources_do_not_block_the_next_stack(name: str) -> None:
    assert name_of(RESOURCES[name]).endswith(f"-{ID}")


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name.startswith("Grade")])
def test_grader_names_are_valid_for_bedrock(name: str) -> None:
    shape = boto3.client("bedrock", region_name="us-east-1").meta.service_model.shape_for("LambdaArn")
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name_of(RESOURCES[name])}:12"
    assert re.fullmatch(shape.metadata["pattern"], arn)
    assert len(arn) <= shape.metadata["max"]


def test_the_prefix_limit_is_the_longest_that_fits() -> None:
    assert TEMPLATE["Parameters"]["ResourcePrefix"]["MaxLength"] == len(PREFIX)
