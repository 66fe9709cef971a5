"""A stack update with other parameters updates resources in place, and creates and deletes conditional ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, EmulatorOptions
from emulator.moto.eventbridge import rates

pytestmark = pytest.mark.emulator

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Edition: {Type: String, Default: first}
Conditions:
  IsSecond: !Equals [!Ref Edition, second]
Resources:
  Probe:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: probe/
      Runtime: python3.13
      Handler: app.handler
      Timeout: !If [IsSecond, 7, 3]
      MemorySize: !If [IsSecond, 512, 256]
      ReservedConcurrentExecutions: !If [IsSecond, 5, !Ref AWS::NoValue]
      Environment:
        Variables: {EDITION: !If [IsSecond, 2nd, 1st], TABLE: !If [IsSecond, !Ref Extra, none]}
      Policies:
        - Version: "2012-10-17"
          Statement:
            - {Effect: Allow, Action: !If [IsSecond, "s3:ListBucket", "s3:GetObject"], Resource: "arn:aws:s3:::some"}
      Events:
        Hourly:
          Type: Schedule
          Properties: {Schedule: !If [IsSecond, rate(2 hours), rate(1 hour)]}
        Announced:
          Type: EventBridgeRule
          Properties:
            Pattern: {source: [!If [IsSecond, new.source, old.source]]}
            State: !If [IsSecond, ENABLED, DISABLED]
            InputPath: !If [IsSecond, $.detail, $.source]
  Topic:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !If [IsSecond, Second, First]}
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /some/group, RetentionInDays: !If [IsSecond, 7, 30]}
  Queue:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: !If [IsSecond, 70, 30], MessageRetentionPeriod: !If [IsSecond, 700, 300]}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: state, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - IndexName: !If [IsSecond, by_state_again, by_state]
          KeySchema: [{AttributeName: state, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
  Extra:
    Type: AWS::DynamoDB::Table
    Condition: IsSecond
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: !If [IsSecond, 2, 1]
      ComparisonOperator: GreaterThanThreshold
  ExtraAlarm:
    Type: AWS::CloudWatch::Alarm
    Condition: IsSecond
    Properties:
      Namespace: AWS/Lambda
      MetricName: Throttles
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanThreshold
"""

CODE = """
import os


def handler(event, context):
    return [os.environ["EDITION"], round(context.get_remaining_time_in_millis() / 1000)]
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("stack")
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "probe").mkdir()
    (folder / "probe" / "app.py").write_text(CODE)
    with Emulator.start(EmulatorOptions(template=folder / "template.yaml", stack_name="small")) as running:
        yield running


@pytest.fixture(autouse=True)
def _first_edition(aws: Emulator) -> None:
    update(aws, "first")


def update(aws: Emulator, edition: str) -> None:
    aws.update(parameters={"Edition": edition})


def rules(aws: Emulator) -> dict[str, Any]:
    """Return rules by logical id, which is part of their name."""
    return {rule["Name"].split("-")[1]: rule for rule in aws.client("events").list_rules()["Rules"]}


def names(aws: Emulator) -> dict[str, str]:
    return {name: value for name, value in aws.stack.physical_ids.items() if not name.startswith("Extra")}


def test_every_resource_keeps_its_name(aws: Emulator) -> None:
    before = names(aws)
    update(aws, "second")
    assert names(aws) == before


def test_an_update_changes_a_functions_limits_and_environment(aws: Emulator) -> None:
    assert json.loads(aws.invoke("Probe", b"{}")) == ["1st", 3]
    update(aws, "second")
    assert json.loads(aws.invoke("Probe", b"{}")) == ["2nd", 7]
    shown = aws.client("lambda").get_function_configuration(FunctionName=aws.stack.physical_ids["Probe"])
    assert (shown["Timeout"], shown["MemorySize"]) == (7, 512)
    (spec,) = aws.stack.functions
    assert spec.reserved_concurrency == 5


def test_a_role_gets_the_new_policy(aws: Emulator) -> None:
    def actions() -> set[str]:
        (role,) = (role for role in aws.authorizer.policies.roles.values() if role.logical_id == "ProbeRole")
        return {action for statement in role.identity for action in statement.actions if action.startswith("s3:")}

    assert actions() == {"s3:GetObject"}
    update(aws, "second")
    assert actions() == {"s3:ListBucket"}


def test_a_rule_is_enabled_and_gets_pattern_target_and_schedule(aws: Emulator) -> None:
    assert rules(aws)["ProbeAnnounced"]["State"] == "DISABLED"
    update(aws, "second")
    rule = rules(aws)["ProbeAnnounced"]
    assert (rule["State"], json.loads(rule["EventPattern"])) == ("ENABLED", {"source": ["new.source"]})
    (target,) = aws.client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["InputPath"] == "$.detail"
    assert list(rates(aws.region).values()) == [7200.0]
    update(aws, "first")
    assert rules(aws)["ProbeAnnounced"]["State"] == "DISABLED"


def test_a_topic_keeps_its_messages_and_subscriptions(aws: Emulator) -> None:
    sns, topic = aws.client("sns"), aws.stack.physical_ids["Topic"]
    sns.publish(TopicArn=topic, Message="before")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ada@example.com")
    update(aws, "second")
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == "Second"
    assert [message["text"] for message in aws.messages(topic)] == ["before"]
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1


def test_logs_and_messages_get_the_new_retention(aws: Emulator) -> None:
    update(aws, "second")
    (group,) = aws.client("logs").describe_log_groups(logGroupNamePrefix="/some/group")["logGroups"]
    assert group["retentionInDays"] == 7
    attributes = aws.client("sqs").get_queue_attributes(
        QueueUrl=aws.stack.physical_ids["Queue"], AttributeNames=["VisibilityTimeout", "MessageRetentionPeriod"]
    )["Attributes"]
    assert attributes == {"VisibilityTimeout": "70", "MessageRetentionPeriod": "700"}


def test_a_table_keeps_its_items_and_gets_the_new_index(aws: Emulator) -> None:
    dynamodb, table = aws.client("dynamodb"), aws.stack.physical_ids["Table"]
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "state": {"S": "open"}})
    update(aws, "second")
    (index,) = dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by_state_again"
    assert dynamodb.get_item(TableName=table, Key={"pk": {"S": "a"}}, ConsistentRead=True)["Item"]["state"]


def test_an_alarm_gets_its_new_threshold(aws: Emulator) -> None:
    update(aws, "second")
    (alarm,) = aws.client("cloudwatch").describe_alarms(AlarmNames=["small-Alarm"])["MetricAlarms"]
    assert alarm["Threshold"] == 2


def test_conditional_resources_are_created_and_deleted(aws: Emulator) -> None:
    dynamodb, cloudwatch = aws.client("dynamodb"), aws.client("cloudwatch")
    assert "Extra" not in aws.stack.physical_ids
    for _ in range(2):
        update(aws, "second")
        table = aws.stack.physical_ids["Extra"]
        assert dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"
        assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 2
        update(aws, "first")
        assert "Extra" not in aws.stack.physical_ids
        with pytest.raises(ClientError, match="ResourceNotFound"):
            dynamodb.describe_table(TableName=table)
        assert [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]] == ["small-Alarm"]


def test_a_function_removed_from_the_template_is_deleted(aws: Emulator) -> None:
    name, template = aws.stack.physical_ids["Probe"], aws.options.template
    without = TEMPLATE[: TEMPLATE.index("  Probe:")] + TEMPLATE[TEMPLATE.index("  Topic:") :]
    template.write_text(without)
    try:
        update(aws, "first")
        with pytest.raises(ClientError, match="ResourceNotFound"):
            aws.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        assert rules(aws) == {}
    finally:
        template.write_text(TEMPLATE)
