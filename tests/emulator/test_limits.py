"""Limits of requests and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.cloudformation.parameters import check_parameters
from tests.kit.emulated_executions import ended, start

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def topic(aws: Emulator) -> str:
    return str(aws.client("sns").create_topic(Name="limits")["TopicArn"])


@pytest.fixture(scope="module")
def table(aws: Emulator) -> str:
    aws.client("dynamodb").create_table(
        TableName="limits",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "limits"


@pytest.mark.parametrize("subject", ["a\x1b[2J", "two\nlines", "ü", "x" * 101, " first", ""])
def test_a_subject_that_sns_refuses_is_refused(aws: Emulator, topic: str, subject: str) -> None:
    with pytest.raises(ClientError, match="Subject"):
        aws.client("sns").publish(TopicArn=topic, Subject=subject, Message="m")


def test_a_message_is_limited_in_bytes_not_characters(aws: Emulator, topic: str) -> None:
    aws.client("sns").publish(TopicArn=topic, Subject="x" * 100, Message="m" * 262_144)
    with pytest.raises(ClientError, match="too long"):
        aws.client("sns").publish(TopicArn=topic, Message="ü" * 131_073)


@pytest.mark.parametrize("number", ["1e126", "-1e127", "1e-131", "1" * 39, "0." + "1" * 39])
def test_a_number_that_dynamodb_cannot_hold_is_refused(aws: Emulator, table: str, number: str) -> None:
    item: dict[str, Any] = {"pk": {"S": "a"}, "deep": {"M": {"list": {"L": [{"N": number}]}}}}
    with pytest.raises(ClientError, match="ValidationException"):
        aws.client("dynamodb").put_item(TableName=table, Item=item)


@pytest.mark.parametrize("number", ["9.9e125", "1e-130", "0", "1" * 38, "1" + "0" * 100])
def test_a_number_that_dynamodb_holds_is_stored(aws: Emulator, table: str, number: str) -> None:
    aws.client("dynamodb").put_item(TableName=table, Item={"pk": {"S": "a"}, "n": {"N": number}})


def test_an_item_over_400_kb_is_refused_in_puts_updates_and_transactions(aws: Emulator, table: str) -> None:
    client = aws.client("dynamodb")
    large: dict[str, Any] = {"M": {"deep": {"L": [{"S": "x" * 300_000}, {"S": "y" * 110_000}]}}}
    item = {"pk": {"S": "large"}, "answers": large}
    update = {
        "TableName": table,
        "Key": {"pk": {"S": "large"}},
        "UpdateExpression": "SET answers = :answers",
        "ExpressionAttributeValues": {":answers": large},
    }
    writes: tuple[Callable[[], object], ...] = (
        lambda: client.put_item(TableName=table, Item=item),
        lambda: client.update_item(**update),
        lambda: client.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item}}]),
        lambda: client.transact_write_items(TransactItems=[{"Update": update}]),
    )
    for write in writes:
        with pytest.raises(ClientError, match=r"[Ii]tem size"):
            write()


# ---- functions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "allowed"), [(4096, True), (4097, False)])
def test_an_environment_has_4_kb_with_its_names(aws: Emulator, size: int, allowed: bool) -> None:
    name = next(spec.name for spec in aws.stack.functions if spec.logical_id == "Web")
    update = aws.client("lambda").update_function_configuration
    variables = {"NAME": "v" * (size - len("NAME"))}
    if allowed:
        update(FunctionName=name, Environment={"Variables": variables})
    else:
        with pytest.raises(ClientError, match=r"InvalidParameterValue.*exceeded the 4KB limit.*4097 bytes"):
            update(FunctionName=name, Environment={"Variables": variables})


# ---- states -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [{"do": "large", "size": 262_144}, {"do": "echo", "text": "x" * 262_000}])
def test_over_256_kb_between_states_fails_the_execution_past_its_catch(aws: Emulator, payload: Any) -> None:
    found = ended(aws, start(aws, f"large-{payload['do']}", payload=payload))
    assert (found["status"], found["error"]) == ("FAILED", "States.DataLimitExceeded")
    assert "exceeding the maximum number of bytes" in found["cause"]


def test_an_execution_takes_256_kb_of_input(aws: Emulator) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*262144"):
        start(aws, "too-large", payload={"text": "x" * 262_144})


# ---- parameters ---------------------------------------------------------------------------------------------------

DECLARED: dict[str, dict[str, Any]] = {
    "Number": {"Type": "Number", "Default": 5, "MinValue": 1, "MaxValue": 10},
    "Name": {"Type": "String", "Default": "", "MaxLength": 4, "AllowedPattern": "^[a-z]*$"},
    "Level": {"Type": "String", "Default": "INFO", "AllowedValues": ["INFO", "DEBUG"]},
    "Mail": {"Type": "String", "Default": "", "AllowedPattern": "^(.+@.+)?$", "ConstraintDescription": "wants a mail"},
}
RULES = {
    "Both": {
        "Assertions": [
            {
                "Assert": {"Fn::Or": [{"Fn::Equals": [{"Ref": "Name"}, ""]}, {"Fn::Equals": [{"Ref": "Number"}, 7]}]},
                "AssertDescription": "Name needs Number 7",
            }
        ]
    },
    "OnlyIfDebug": {
        "RuleCondition": {"Fn::Equals": [{"Ref": "Level"}, "DEBUG"]},
        "Assertions": [{"Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Mail"}, ""]}]}}],
    },
}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"Number": "0"}, "Number must be a number not less than 1"),
        ({"Number": "11"}, "Number must be a number not greater than 10"),
        ({"Number": "five"}, "Number must be a number"),
        ({"Name": "A"}, "Name failed to satisfy constraint: must match pattern"),
        ({"Name": "abcde", "Number": "7"}, "Name must contain at most 4 characters"),
        ({"Level": "TRACE"}, "Level must be one of INFO, DEBUG"),
        ({"Mail": "me"}, "Mail wants a mail"),
        ({"Other": "1"}, "no parameters Other"),
        ({"Name": "a"}, "Template validation error: Name needs Number 7"),
        ({"Level": "DEBUG"}, "Template validation error"),
    ],
)
def test_a_value_that_cloudformation_refuses_is_refused_at_deploy(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_parameters(DECLARED, RULES, given)


def test_values_that_keep_patterns_bounds_and_rules_are_taken() -> None:
    check_parameters(DECLARED, RULES, {"Number": "7", "Name": "abc", "Level": "DEBUG", "Mail": "a@b"})


def test_a_parameter_without_default_must_be_given() -> None:
    with pytest.raises(ValueError, match=r"\[Name\] must have values"):
        check_parameters({"Name": {"Type": "String"}}, {}, {})


# ---- checksums of parts -------------------------------------------------------------------------------------------

PART = 5 * 2**20


def joined(aws: Emulator, algorithm: dict[str, str], *, named: bool) -> None:
    """Complete an upload of one copied and one uploaded part, with or without the parts' checksums."""
    s3, target = aws.client("s3"), {"Bucket": aws.bucket, "Key": "joined"}
    s3.put_object(Bucket=aws.bucket, Key="piece", Body=b"x" * PART)
    upload = target | {"UploadId": s3.create_multipart_upload(**target, **algorithm)["UploadId"]}
    source = {"Bucket": aws.bucket, "Key": "piece"}
    copied = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source)["CopyPartResult"]
    carried = s3.upload_part(**upload, PartNumber=2, Body=b"y")
    checksum = {"ChecksumCRC32": copied.get("ChecksumCRC32"), "ETag": copied["ETag"]}, carried
    parts = [
        {"PartNumber": number, "ETag": part["ETag"]}
        | ({"ChecksumCRC32": part["ChecksumCRC32"]} if named and part.get("ChecksumCRC32") else {})
        for number, part in enumerate(checksum, 1)
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def test_an_upload_with_an_algorithm_needs_the_checksum_of_each_part(aws: Emulator) -> None:
    joined(aws, {"ChecksumAlgorithm": "CRC32"}, named=True)
    assert aws.client("s3").head_object(Bucket=aws.bucket, Key="joined")["ContentLength"] == PART + 1
    with pytest.raises(ClientError, match=r"InvalidRequest.*crc32 checksum.*missing for part 1"):
        joined(aws, {"ChecksumAlgorithm": "CRC32"}, named=False)


def test_an_upload_without_an_algorithm_takes_no_checksum_of_a_part(aws: Emulator) -> None:
    joined(aws, {}, named=False)
    with pytest.raises(ClientError, match="InvalidPart"):
        joined(aws, {}, named=True)
