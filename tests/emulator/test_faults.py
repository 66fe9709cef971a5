"""Faults on demand reach the caller in the form that each service gives its errors."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.faults import Fault

pytestmark = pytest.mark.emulator


@pytest.fixture(autouse=True)
def _clean(aws: Emulator) -> Iterator[None]:
    yield
    aws.faults.clear()


def code_of(work: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        work()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("service", "operation", "call"),
    [
        ("dynamodb", "ListTables", lambda c: c.list_tables()),
        ("s3", "ListBuckets", lambda c: c.list_buckets()),
        ("sns", "ListTopics", lambda c: c.list_topics()),
        ("sqs", "ListQueues", lambda c: c.list_queues()),
        ("stepfunctions", "ListStateMachines", lambda c: c.list_state_machines()),
        ("lambda", "Invoke", lambda c: c.invoke(FunctionName="Probe")),
        ("bedrock", "ListModelCustomizationJobs", lambda c: c.list_model_customization_jobs()),
        ("events", "ListRules", lambda c: c.list_rules()),
        ("logs", "DescribeLogGroups", lambda c: c.describe_log_groups()),
    ],
)
def test_each_service_can_be_struck_once(aws: Emulator, service: str, operation: str, call: Any) -> None:
    signed_as = {"stepfunctions": "states"}.get(service, service)
    aws.faults.add(Fault(service=signed_as, operation=operation, code="AccessDeniedException", status=403))
    client = aws.client(service)
    assert code_of(lambda: call(client)) == ("AccessDeniedException", 403)
    assert call(client)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert aws.faults.listed() == []


def test_s3_operations_are_told_apart(aws: Emulator) -> None:
    s3 = aws.client("s3")
    aws.faults.add(Fault(service="s3", operation="PutObject", subject=aws.bucket, code="AccessDenied", status=403))
    s3.list_objects_v2(Bucket=aws.bucket)
    s3.get_bucket_versioning(Bucket=aws.bucket)
    assert code_of(lambda: s3.put_object(Bucket=aws.bucket, Key="a/b", Body=b"")) == ("AccessDenied", 403)


def test_some_calls_pass_first_and_the_rest_are_struck(aws: Emulator) -> None:
    aws.faults.add(
        Fault(service="bedrock", operation="GetModelCustomizationJob", skip=1, count=2, code="Nope", status=400)
    )
    bedrock = aws.client("bedrock")

    def get() -> Any:
        return bedrock.get_model_customization_job(jobIdentifier="nobody")

    assert [code_of(get)[0] for _ in range(4)] == [
        "ResourceNotFoundException",
        "Nope",
        "Nope",
        "ResourceNotFoundException",
    ]


def test_throttling_is_ridden_out_by_the_clients_own_retries(aws: Emulator) -> None:
    aws.faults.throttle("dynamodb", "ListTables", count=1)
    assert aws.client("dynamodb").list_tables()["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_function_can_be_made_to_die_or_time_out(aws: Emulator) -> None:
    aws.faults.crash("Probe")
    aws.faults.time_out("Probe")
    assert b"Runtime.ExitError" in aws.invoke("Probe", b'{"do": "echo"}')
    assert b"Task timed out after 2.00 seconds" in aws.invoke("Probe", b'{"do": "echo"}')
    assert b"remaining_ms" in aws.invoke("Probe", b'{"do": "echo"}')


def test_faults_are_set_over_http(aws: Emulator) -> None:
    fault = {"service": "dynamodb", "operation": "ListTables", "code": "ValidationException", "status": 400}
    assert control(aws, "POST", fault)[0] == 200
    assert [rule["code"] for rule in control(aws, "GET")[1]] == ["ValidationException"]
    assert code_of(lambda: aws.client("dynamodb").list_tables()) == ("ValidationException", 400)
    assert control(aws, "POST", {"service": "dynamodb", "efect": "error"})[0] == 400
    control(aws, "POST", fault)
    assert control(aws, "DELETE") == (200, [])


def control(aws: Emulator, method: str, body: Any = None) -> tuple[int, Any]:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{aws.endpoint}/_emulator/faults", data, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request) as reply:  # noqa: S310
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
