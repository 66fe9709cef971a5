"""Limits of requests and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.cloudformation.parameters import check_parameters
from emulator.functions.spec import check_environment, check_settings
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


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"email": "no default"}'])
def test_a_message_per_protocol_needs_a_default(aws: Emulator, topic: str, text: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameter"):
        aws.client("sns").publish(TopicArn=topic, Message=text, MessageStructure="json")


def test_message_attributes_count_towards_the_size(aws: Emulator, topic: str) -> None:
    attributes = {"run": {"DataType": "String", "StringValue": "x" * 100}}
    with pytest.raises(ClientError, match="too long"):
        aws.client("sns").publish(TopicArn=topic, Message="m" * 262_100, MessageAttributes=attributes)


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
def test_an_environment_is_limited_to_4_kb_including_its_names(aws: Emulator, size: int, allowed: bool) -> None:
    name = next(spec.name for spec in aws.stack.functions if spec.logical_id == "Web")
    update = aws.client("lambda").update_function_configuration
    variables = {"NAME": "v" * (size - len("NAME"))}
    if allowed:
        update(FunctionName=name, Environment={"Variables": variables})
    else:
        with pytest.raises(ClientError, match=r"InvalidParameterValue.*exceeded the 4KB limit.*4097 bytes"):
            update(FunctionName=name, Environment={"Variables": variables})


@pytest.mark.parametrize("name", ["AWS_REGION", "LAMBDA_TASK_ROOT", "_HANDLER", "1ST", "WITH-DASH", "A"])
def test_a_reserved_or_invalid_variable_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        check_environment({name: "x"})


@pytest.mark.parametrize(("timeout", "memory"), [(901, 512), (60, 64), (60, 10_241)])
def test_a_functions_timeout_and_memory_are_limited(timeout: int, memory: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        check_settings(timeout, memory)


@pytest.mark.parametrize(("kind", "size"), [("Event", 1_048_577), ("RequestResponse", 6_291_557)])
def test_the_payload_limit_depends_on_the_invocation_type(aws: Emulator, kind: str, size: int) -> None:
    payload = b'"' + b"x" * (size - 2) + b'"'
    with pytest.raises(ClientError, match="RequestTooLarge"):
        aws.client("lambda").invoke(FunctionName="Probe", InvocationType=kind, Payload=payload)


def test_a_payload_that_is_not_json_is_refused(aws: Emulator) -> None:
    with pytest.raises(ClientError, match="InvalidRequestContent"):
        aws.client("lambda").invoke(FunctionName="Probe", InvocationType="Event", Payload=b"text")


# ---- objects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Key": "ü" * 513}, "KeyTooLong"),
        ({"Key": "a", "Metadata": {"note": "x" * 2045}}, "MetadataTooLarge"),
    ],
)
def test_an_objects_name_and_metadata_are_limited(aws: Emulator, fields: Any, code: str) -> None:
    for write in (aws.client("s3").put_object, aws.client("s3").create_multipart_upload):
        with pytest.raises(ClientError, match=code):
            write(Bucket=aws.bucket, **fields)


# ---- states -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [{"do": "large", "size": 262_144}, {"do": "echo", "text": "x" * 262_000}])
def test_over_256_kb_between_states_fails_the_execution_past_its_catch(aws: Emulator, payload: Any) -> None:
    found = ended(aws, start(aws, f"large-{payload['do']}", payload=payload))
    assert (found["status"], found["error"]) == ("FAILED", "States.DataLimitExceeded")
    assert "exceeding the maximum number of bytes" in found["cause"]


def test_an_executions_input_is_limited_to_256_kb(aws: Emulator) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*262144"):
        start(aws, "too-large", payload={"text": "x" * 262_144})


@pytest.mark.parametrize("name", ["with space", "a/b", "a:b", "50%", "[x]", "a\nb", "x" * 81])
def test_an_executions_name_must_be_valid(aws: Emulator, name: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidName|ValidationException"):
        start(aws, name)


# ---- requests by the services' models -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "operation", "fields"),
    [
        ("stepfunctions", "stop_execution", {"executionArn": "arn:aws:states:x", "cause": "x" * 32_769}),
        ("stepfunctions", "send_task_failure", {"taskToken": "token", "error": "x" * 257}),
        ("dynamodb", "batch_write_item", {"RequestItems": {"limits": [{"PutRequest": {"Item": {}}}] * 26}}),
        ("logs", "create_log_group", {"logGroupName": "with space"}),
        ("events", "put_rule", {"Name": "with space", "ScheduleExpression": "rate(5 minutes)"}),
    ],
)
def test_a_request_is_validated_against_its_service_model(
    aws: Emulator, service: str, operation: str, fields: Any
) -> None:
    with pytest.raises(ClientError, match=r"failed to satisfy constraint: Member must"):
        getattr(aws.client(service), operation)(**fields)


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
        ({"Other": "1"}, "do not exist in the template"),
        ({"Name": "a"}, "Template validation error: Name needs Number 7"),
        ({"Level": "DEBUG"}, "Template validation error"),
    ],
)
def test_an_invalid_parameter_value_is_refused_at_deployment(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_parameters(DECLARED, RULES, given)


def test_parameter_values_within_patterns_and_bounds_are_accepted() -> None:
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


def test_an_upload_without_an_algorithm_refuses_part_checksums(aws: Emulator) -> None:
    joined(aws, {}, named=False)
    with pytest.raises(ClientError, match="InvalidPart"):
        joined(aws, {}, named=True)
