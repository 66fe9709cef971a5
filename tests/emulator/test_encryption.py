"""Customer managed keys: access to encrypted data needs the key, and the key policy is evaluated first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from emulator.cloudformation.keys import adopt_keys
from emulator.http.replies import AwsError
from emulator.iam.authorizer import Authorizer, Check
from emulator.iam.documents import statements
from emulator.iam.principals import Principal, session, user
from emulator.iam.stack_policies import RolePolicies
from tests.kit.deploy_docs import documented_key_policy

ACCOUNT, REGION = "123456789012", "us-east-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/rft-ApiRole"
CALLER = session(ROLE, "rft-Api")
BUCKET, TABLE = "arn:aws:s3:::data", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ledger"
TOPIC, QUEUE = f"arn:aws:sns:{REGION}:{ACCOUNT}:outcomes", f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
ENCRYPTED = dict.fromkeys((BUCKET, TABLE, TOPIC, QUEUE), KEY)

BY_IAM = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
USES = [
    Check("s3:GetObject", f"{BUCKET}/a"),
    Check("s3:PutObject", f"{BUCKET}/a"),
    Check("dynamodb:UpdateItem", TABLE),
    Check("dynamodb:Query", f"{TABLE}/index/by_status"),
    Check("sns:Publish", TOPIC),
    Check("sqs:SendMessage", QUEUE),
]
uses = pytest.mark.parametrize("use", USES, ids=lambda use: use.action)


def allow(action: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def authorizer(*identity: dict[str, Any], key_policy: list[dict[str, Any]] | None = None) -> Authorizer:
    """Return an authorizer in which CALLER's role has these statements and full access to the data."""
    found = Authorizer(account=ACCOUNT, region=REGION, of_user=lambda _: ())
    data = allow(["s3:*", "dynamodb:*", "sns:*", "sqs:*"])
    found.policies.roles[ROLE] = RolePolicies("ApiRole", statements({"Statement": [data, *identity]}), None)
    found.policies.add_key(KEY, {"Statement": [BY_IAM] if key_policy is None else key_policy})
    found.keys |= ENCRYPTED
    return found


def denied_on(found: Authorizer, use: Check, principal: Principal = CALLER) -> str:
    """Return the message of the denial; '' if allowed."""
    try:
        found.require(use.action.partition(":")[0], principal, [use])
    except AwsError as error:
        return error.message
    return ""


@uses
def test_encrypted_data_requires_permission_for_its_key(use: Check) -> None:
    assert "kms:Decrypt" in denied_on(authorizer(), use)
    assert denied_on(authorizer(allow(["kms:Decrypt", "kms:GenerateDataKey"])), use) == ""


@uses
def test_permission_via_another_service_does_not_suffice(use: Check) -> None:
    via = {"StringEquals": {"kms:ViaService": f"bedrock.{REGION}.amazonaws.com"}}
    assert "kms:Decrypt" in denied_on(authorizer(allow("kms:*", Condition=via)), use)
    via = {"StringEquals": {"kms:ViaService": f"{use.action.partition(':')[0]}.{REGION}.amazonaws.com"}}
    assert denied_on(authorizer(allow("kms:*", Condition=via)), use) == ""


def test_list_and_describe_calls_need_no_key_permission() -> None:
    for use in (Check("s3:ListBucket", BUCKET), Check("dynamodb:DescribeTable", TABLE)):
        assert denied_on(authorizer(), use) == ""


def test_an_account_principal_in_a_key_policy_grants_nothing_by_itself() -> None:
    assert "no identity-based policy allows" in denied_on(authorizer(), USES[0])


def test_iam_policies_are_ignored_if_the_key_policy_omits_the_account() -> None:
    service = {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}
    assert "no resource-based policy allows" in denied_on(authorizer(allow("kms:*"), key_policy=[service]), USES[0])


def test_a_role_named_in_the_key_policy_needs_no_identity_policy() -> None:
    named = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:Decrypt", "Resource": "*"}
    assert denied_on(authorizer(key_policy=[named]), USES[0]) == ""
    other = denied_on(authorizer(key_policy=[named]), Check("kms:Decrypt", KEY), user(ACCOUNT, "somebody"))
    assert "no resource-based policy allows" in other


def test_a_service_needs_both_the_queue_policy_and_the_key_policy() -> None:
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/a"
    send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    use_key = {**BY_IAM, "Principal": {"Service": "events.amazonaws.com"}}
    for key_policy, expected in (([BY_IAM], False), ([BY_IAM, use_key], True)):
        found = authorizer(key_policy=key_policy)
        found.policies.add_key(QUEUE, {"Statement": [{**send, "Resource": QUEUE}]})
        assert found.allows_service("events.amazonaws.com", USES[-1], source=rule) is expected


def test_an_aws_managed_key_is_usable_by_the_account() -> None:
    found = authorizer()
    found.keys[TOPIC] = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/alias/aws/sns"
    assert denied_on(found, USES[-2]) == ""


# ---- a stack's keys -------------------------------------------------------------------------------------------------

RESOURCES: dict[str, Any] = {
    "Data": {"Type": "AWS::S3::Bucket", "Properties": {"BucketEncryption": {"ServerSideEncryptionConfiguration": [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}]}}},
    "Ledger": {"Type": "AWS::DynamoDB::Table", "Properties": {"SSESpecification": {"KMSMasterKeyId": KEY}}},
    "Open": {"Type": "AWS::DynamoDB::Table", "Properties": {"SSESpecification": {"SSEEnabled": True}}},
    "Outcomes": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": "alias/aws/sns"}},
    "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": KEY}},
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/lambda/rft/Api", "KmsKeyId": KEY}},
}  # fmt: skip


def adopt(found: Authorizer) -> None:
    def resolve(value: Any) -> Any:
        """Resolve references to the logical id."""
        match value:
            case {"Ref": name}:
                return name
            case {"Fn::GetAtt": [name, _]}:
                return name
            case _:
                return value

    template: Any = SimpleNamespace(resources=RESOURCES)
    adopt_keys(template, resolve, found, key_prefix=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")


def test_stack_resources_are_encrypted_with_their_keys() -> None:
    found = authorizer(key_policy=documented_key_policy()["Statement"])
    adopt(found)
    own = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/alias/aws/sns"
    assert found.keys == {"Data": KEY, "Ledger": KEY, "Outcomes": own, "Dead": KEY}


def test_a_log_group_is_refused_if_cloudwatch_logs_may_not_use_its_key() -> None:
    with pytest.raises(ValueError, match=r"not allowed to be used with Arn '.*:log-group:/aws/lambda/rft/Api'"):
        adopt(authorizer(key_policy=[BY_IAM]))
