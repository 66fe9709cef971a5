"""template.yaml with DataKmsKeyArn: all that holds data has the key, and all that uses data may use it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.deploy_docs import documented_key_policy
from tests.kit.project import FUNCTIONS, RESOURCES

CHOSEN = ["HasDataKmsKey", {"Ref": "DataKmsKeyArn"}]
HOLDS_DATA = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::Logs::LogGroup")
POLICY = RESOURCES["DataKeyPolicy"]


def keys(node: Any, condition: str = "") -> list[tuple[str, Any]]:
    """Each Ref to the key, with the condition that it stands under."""
    match node:
        case {"Ref": "DataKmsKeyArn"}:
            return [(condition, node)]
        case {"Fn::If": [name, one, other]}:
            return [*keys(one, name), *keys(other, f"not {name}")]
        case dict():
            return [found for value in node.values() for found in keys(value, condition)]
        case list():
            return [found for value in node for found in keys(value, condition)]
        case _:
            return []


@pytest.mark.parametrize("name", [name for name, each in RESOURCES.items() if each["Type"] in HOLDS_DATA])
def test_resources_with_data_use_the_key_if_one_is_given(name: str) -> None:
    assert keys(RESOURCES[name]["Properties"]) == [("HasDataKmsKey", {"Ref": "DataKmsKeyArn"})]


def test_the_key_is_for_every_function_bedrock_and_webhooks_of_the_stack() -> None:
    roles = {role["Ref"] for role in POLICY["Properties"]["Roles"]}
    assert roles == {f"{name}Role" for name in FUNCTIONS} | {"BedrockRole", "DeliverWebhooksRole"}
    assert POLICY["Condition"] == "HasDataKmsKey"


def test_the_key_is_used_through_services_only() -> None:
    for statement in POLICY["Properties"]["PolicyDocument"]["Statement"]:
        assert statement["Resource"] == {"Ref": "DataKmsKeyArn"}
        via = statement["Condition"]["StringEquals"]["kms:ViaService"]
        services = [each["Fn::Sub"].partition(".")[0] for each in (via if isinstance(via, list) else [via])]
        assert services in (["s3", "sns", "sqs"], ["dynamodb"])
        assert "kms:CreateGrant" not in statement["Action"]


def test_alarms_have_a_key_of_their_own_only_without_it() -> None:
    assert RESOURCES["AlarmKey"]["Condition"] == "HasNoDataKmsKey"


def test_the_documented_policy_allows_the_services_that_use_the_key() -> None:
    services = [s["Principal"]["Service"] for s in documented_key_policy()["Statement"] if "Service" in s["Principal"]]
    assert services == ["logs.us-east-1.amazonaws.com", ["cloudwatch.amazonaws.com", "events.amazonaws.com"]]
