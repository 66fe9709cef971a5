"""Required permissions of requests, derived from the HTTP requests of boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from emulator.http.operations import operation_of
from emulator.iam.authorizer import Check
from emulator.iam.wire.request import WireRequest
from emulator.iam.wire.services import checks

ACCOUNT, REGION = "123456789012", "us-east-1"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m"
JOB = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:model-customization-job/base/abc"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
KEY = {"pk": {"S": "a"}}


class StoredObjects:
    """One object `there` in each bucket, one task token, one job."""

    def object_exists(self, bucket: str, key: str, version: str) -> bool:
        return key == "there"

    def state_machine_of(self, task_token: str) -> str:
        return MACHINE

    def job_arn(self, identifier: str) -> str:
        return JOB if identifier in ("run", JOB) else ""


class _Sent(Exception):
    """Carries the intercepted request."""


def needed(service: str, call: Callable[[Any], Any]) -> list[Check]:
    client = boto3.client(  # type: ignore[call-overload]
        service,
        region_name=REGION,
        aws_access_key_id="AKIA",
        aws_secret_access_key="x",
        endpoint_url="http://localhost",
    )

    def capture(request: Any, **_: Any) -> AWSResponse:
        raise _Sent(request)

    client.meta.events.register("before-send.*.*", capture)
    with pytest.raises(_Sent) as sent:
        call(client)
    return _checks(sent.value.args[0])


def _checks(sent: Any) -> list[Check]:
    parts = urlsplit(sent.url)
    body = sent.body.read() if hasattr(sent.body, "read") else sent.body or b""
    body = body.encode() if isinstance(body, str) else body
    headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in sent.headers.items()}
    builder = EnvironBuilder(
        sent.method and parts.path, method=sent.method, query_string=parts.query, headers=headers, data=body
    )
    environ = builder.get_environ()
    environ["RAW_URI"] = parts.path
    request = Request(environ)
    wire = WireRequest(
        operation_of(request, body),
        request.args,
        {n.lower(): v for n, v in request.headers.items()},
        body,
        REGION,
        ACCOUNT,
    )
    return list(checks(wire, StoredObjects()))


def pairs(found: list[Check]) -> list[tuple[str, str]]:
    return [(check.action, check.resource) for check in found]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda s: s.get_object(Bucket="b", Key="there"), [("s3:GetObject", "arn:aws:s3:::b/there")]),
        (lambda s: s.head_object(Bucket="b", Key="there"), [("s3:GetObject", "arn:aws:s3:::b/there")]),
        (
            lambda s: s.get_object(Bucket="b", Key="a/none", VersionId="v"),
            [("s3:GetObjectVersion", "arn:aws:s3:::b/a/none"), ("s3:ListBucket", "arn:aws:s3:::b")],
        ),
        (lambda s: s.put_object(Bucket="b", Key="k", Body=b"x"), [("s3:PutObject", "arn:aws:s3:::b/k")]),
        (lambda s: s.create_multipart_upload(Bucket="b", Key="k"), [("s3:PutObject", "arn:aws:s3:::b/k")]),
        (
            lambda s: s.upload_part_copy(Bucket="b", Key="k", UploadId="u", PartNumber=1, CopySource="c/there"),
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::c/there")],
        ),
        (
            lambda s: s.abort_multipart_upload(Bucket="b", Key="k", UploadId="u"),
            [("s3:AbortMultipartUpload", "arn:aws:s3:::b/k")],
        ),
        (lambda s: s.delete_object(Bucket="b", Key="k"), [("s3:DeleteObject", "arn:aws:s3:::b/k")]),
        (lambda s: s.get_bucket_versioning(Bucket="b"), [("s3:GetBucketVersioning", "arn:aws:s3:::b")]),
    ],
)
def test_an_object_request_is_authorized_on_the_objects_arn(
    call: Callable[[Any], Any], expected: list[tuple[str, str]]
) -> None:
    assert pairs(needed("s3", call)) == expected


def test_a_listing_is_authorized_on_the_bucket_with_its_prefix() -> None:
    (check,) = needed("s3", lambda s: s.list_objects_v2(Bucket="b", Prefix="runs/", MaxKeys=5))
    assert (check.action, check.resource) == ("s3:ListBucket", "arn:aws:s3:::b")
    assert check.keys == {"s3:prefix": "runs/", "s3:delimiter": None, "s3:max-keys": "5"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda d: d.get_item(TableName="t", Key=KEY), [("dynamodb:GetItem", TABLE)]),
        (
            lambda d: d.query(TableName="t", IndexName="by_name", KeyConditionExpression="pk = :a"),
            [("dynamodb:Query", f"{TABLE}/index/by_name")],
        ),
        (
            lambda d: d.batch_get_item(RequestItems={"t": {"Keys": [KEY]}, "u": {"Keys": [KEY]}}),
            [("dynamodb:BatchGetItem", TABLE), ("dynamodb:BatchGetItem", TABLE[:-1] + "u")],
        ),
        (
            lambda d: d.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": "t", "Item": KEY}},
                    {"ConditionCheck": {"TableName": "t", "Key": KEY, "ConditionExpression": "a"}},
                ]
            ),
            [("dynamodb:PutItem", TABLE), ("dynamodb:ConditionCheckItem", TABLE)],
        ),
    ],
)
def test_each_table_of_a_dynamodb_call_is_authorized(
    call: Callable[[Any], Any], expected: list[tuple[str, str]]
) -> None:
    assert pairs(needed("dynamodb", call)) == expected


@pytest.mark.parametrize(
    ("service", "call", "expected"),
    [
        ("lambda", lambda c: c.invoke(FunctionName="f"), [("lambda:InvokeFunction", FUNCTION)]),
        (
            "lambda",
            lambda c: c.invoke(FunctionName=f"{FUNCTION}:live"),
            [("lambda:InvokeFunction", f"{FUNCTION}:live")],
        ),
        (
            "lambda",
            lambda c: c.get_function_configuration(FunctionName="f", Qualifier="3"),
            [("lambda:GetFunctionConfiguration", f"{FUNCTION}:3")],
        ),
        ("lambda", lambda c: c.publish_version(FunctionName=FUNCTION), [("lambda:PublishVersion", FUNCTION)]),
        ("stepfunctions", lambda c: c.start_execution(stateMachineArn=MACHINE), [("states:StartExecution", MACHINE)]),
        (
            "stepfunctions",
            lambda c: c.send_task_success(taskToken="t", output="{}"),
            [("states:SendTaskSuccess", MACHINE)],
        ),
        (
            "events",
            lambda c: c.put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}]),
            [("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default")],
        ),
        ("sns", lambda c: c.publish(TopicArn="arn:topic", Message="m"), [("sns:Publish", "arn:topic")]),
        (
            "sqs",
            lambda c: c.send_message(QueueUrl=f"http://localhost/{ACCOUNT}/q", MessageBody="m"),
            [("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q")],
        ),
        ("kms", lambda c: c.describe_key(KeyId="k"), [("kms:DescribeKey", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k")]),
        ("xray", lambda c: c.put_trace_segments(TraceSegmentDocuments=["{}"]), [("xray:PutTraceSegments", "*")]),
        ("sts", lambda c: c.get_caller_identity(), []),
        ("sts", lambda c: c.assume_role(RoleArn=ROLE, RoleSessionName="ann"), [("sts:AssumeRole", ROLE)]),
        (
            "bedrock",
            lambda c: c.get_model_customization_job(jobIdentifier="run"),
            [("bedrock:GetModelCustomizationJob", JOB)],
        ),
        ("bedrock", lambda c: c.list_model_customization_jobs(), [("bedrock:ListModelCustomizationJobs", "*")]),
        (
            "bedrock-runtime",
            lambda c: c.converse(modelId="amazon.nova-pro-v1:0", messages=[]),
            [("bedrock:InvokeModel", f"arn:aws:bedrock:{REGION}::foundation-model/amazon.nova-pro-v1:0")],
        ),
    ],
)
def test_a_call_needs_its_action_on_its_resource(
    service: str, call: Callable[[Any], Any], expected: list[tuple[str, str]]
) -> None:
    assert pairs(needed(service, call)) == expected


def test_a_profile_call_is_authorized_on_it_and_its_model_per_region() -> None:
    profile, *models = needed("bedrock-runtime", lambda c: c.converse(modelId="us.amazon.nova-pro-v1:0", messages=[]))
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/us.amazon.nova-pro-v1:0"
    assert profile.resource == arn
    assert [m.resource.split(":")[3] for m in models] == ["us-east-1", "us-east-2", "us-west-2"]
    assert all(m.resource.endswith("::foundation-model/amazon.nova-pro-v1:0") for m in models)
    assert all(m.keys == {"bedrock:InferenceProfileArn": arn} for m in models)


def test_a_new_job_needs_its_model_role_tags_and_key() -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
    found = needed(
        "bedrock",
        lambda c: c.create_model_customization_job(
            jobName="run", customModelName="run", roleArn=ROLE, baseModelIdentifier="base",
            trainingDataConfig={"s3Uri": "s3://b/t"}, outputDataConfig={"s3Uri": "s3://b/o"},
            customModelKmsKeyId=key, jobTags=[{"key": "run", "value": "x"}],
        ),
    )  # fmt: skip
    actions = [check.action for check in found]
    assert actions.count("bedrock:CreateModelCustomizationJob") == 3
    assert {"bedrock:TagResource", "kms:CreateGrant", "kms:GenerateDataKey"} <= set(actions)
    (passing,) = [check for check in found if check.action == "iam:PassRole"]
    assert (passing.resource, passing.keys) == (ROLE, {"iam:PassedToService": "bedrock.amazonaws.com"})


@pytest.mark.parametrize(("interpreter", "owner"), [("aws.codeinterpreter.v1", "aws"), ("mine-0123456789", ACCOUNT)])
def test_a_session_of_a_code_interpreter_needs_that_interpreter(interpreter: str, owner: str) -> None:
    found = needed(
        "bedrock-agentcore",
        lambda c: c.stop_code_interpreter_session(codeInterpreterIdentifier=interpreter, sessionId="a"),
    )
    arn = f"arn:aws:bedrock-agentcore:{REGION}:{owner}:code-interpreter/{interpreter}"
    assert pairs(found) == [("bedrock-agentcore:StopCodeInterpreterSession", arn)]
