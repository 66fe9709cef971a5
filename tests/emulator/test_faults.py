"""Injected faults are returned in the error format of each service."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.fault_file import read_faults
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
def test_a_fault_can_be_injected_once_into_each_service(aws: Emulator, service: str, operation: str, call: Any) -> None:
    signed_as = {"stepfunctions": "states"}.get(service, service)
    aws.faults.add(Fault(service=signed_as, operation=operation, code="AccessDeniedException", status=403))
    client = aws.client(service)
    assert code_of(lambda: call(client)) == ("AccessDeniedException", 403)
    assert call(client)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert aws.faults.listed() == []


def test_a_fault_applies_to_one_s3_operation(aws: Emulator) -> None:
    s3 = aws.client("s3")
    aws.faults.add(Fault(service="s3", operation="PutObject", subject=aws.bucket, code="AccessDenied", status=403))
    s3.list_objects_v2(Bucket=aws.bucket)
    s3.get_bucket_versioning(Bucket=aws.bucket)
    assert code_of(lambda: s3.put_object(Bucket=aws.bucket, Key="a/b", Body=b"")) == ("AccessDenied", 403)


def test_a_fault_can_skip_the_first_calls(aws: Emulator) -> None:
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


def test_client_retries_recover_from_throttling(aws: Emulator) -> None:
    aws.faults.throttle("dynamodb", "ListTables", count=1)
    assert aws.client("dynamodb").list_tables()["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_function_can_be_made_to_crash_or_time_out(aws: Emulator) -> None:
    aws.faults.crash("Probe")
    aws.faults.time_out("Probe")
    assert b"Runtime.ExitError" in aws.invoke("Probe", b'{"do": "echo"}')
    assert b"Task timed out after 2.00 seconds" in aws.invoke("Probe", b'{"do": "echo"}')
    assert b"remaining_ms" in aws.invoke("Probe", b'{"do": "echo"}')


def test_a_response_can_be_lost_after_the_call_took_effect(aws: Emulator) -> None:
    aws.faults.add(Fault(service="s3", operation="PutObject", effect="response_lost", code="Lost", status=400))
    s3 = aws.client("s3")
    assert code_of(lambda: s3.put_object(Bucket=aws.bucket, Key="lost", Body=b"kept")) == ("Lost", 400)
    assert s3.get_object(Bucket=aws.bucket, Key="lost")["Body"].read() == b"kept"


def test_a_fault_can_be_limited_to_requests_containing_a_text(aws: Emulator) -> None:
    aws.faults.add(Fault(service="s3", contains="this", code="Nope", status=400, count=None))
    s3 = aws.client("s3")
    s3.put_object(Bucket=aws.bucket, Key="that", Body=b"")
    assert code_of(lambda: s3.put_object(Bucket=aws.bucket, Key="a/this/b", Body=b"")) == ("Nope", 400)
    assert code_of(lambda: s3.put_object(Bucket=aws.bucket, Key="c", Body=b"about this")) == ("Nope", 400)
    assert code_of(lambda: s3.list_objects_v2(Bucket=aws.bucket, Prefix="this")) == ("Nope", 400)


def test_a_fault_can_start_after_another_call_with_the_same_text(aws: Emulator) -> None:
    aws.faults.add(
        Fault(service="s3", operation="GetObject", contains="mine", after="PutObject", code="Nope", status=400)
    )
    s3 = aws.client("s3")
    s3.put_object(Bucket=aws.bucket, Key="other", Body=b"")
    assert code_of(lambda: s3.get_object(Bucket=aws.bucket, Key="mine"))[0] == "NoSuchKey"
    s3.put_object(Bucket=aws.bucket, Key="mine", Body=b"")
    assert code_of(lambda: s3.get_object(Bucket=aws.bucket, Key="mine")) == ("Nope", 400)


def test_errors_carry_their_services_own_details(aws: Emulator) -> None:
    reasons = [{"Code": "TransactionConflict"}]
    aws.faults.add(
        Fault(
            service="dynamodb",
            code="TransactionCanceledException",
            status=400,
            details={"CancellationReasons": reasons},
        )
    )
    with pytest.raises(ClientError) as caught:
        aws.client("dynamodb").transact_write_items(
            TransactItems=[{"Delete": {"TableName": "any", "Key": {"pk": {"S": "any"}}}}]
        )
    assert caught.value.response["CancellationReasons"] == reasons


@pytest.mark.parametrize(
    ("effect", "message"),
    [
        ("crash", b"Runtime exited with error: exit status 1"),
        ("out_of_memory", b"Runtime exited with error: signal: killed"),
        ("init_error", b"Runtime.ImportModuleError"),
        ("timeout", b"Task timed out"),
    ],
)
def test_function_failures_are_worded_as_lambda_words_them(aws: Emulator, effect: Any, message: bytes) -> None:
    aws.faults.add(Fault(service="lambda", operation="Invoke", subject="Probe", effect=effect))
    assert message in aws.invoke("Probe", b'{"do": "echo"}')
    assert b"remaining_ms" in aws.invoke("Probe", b'{"do": "echo"}')


def test_a_cold_start_is_a_new_process_with_a_delay(aws: Emulator) -> None:
    who = b'{"do": "sleep", "seconds": 0}'
    warm = [json.loads(aws.invoke("Probe", who))["pid"] for _ in range(2)]
    aws.faults.add(Fault(service="lambda", operation="Invoke", subject="Probe", effect="cold_start", seconds=0.3))
    since = time.monotonic()
    cold = json.loads(aws.invoke("Probe", who))["pid"]
    assert time.monotonic() - since >= 0.3
    assert warm[0] == warm[1] != cold


def test_rules_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("- {service: bedrock, operation: Train, effect: fail, step: 3}\n- service: s3\n  status: 503\n")
    assert [(rule.effect, rule.step, rule.status) for rule in read_faults(file)] == [
        ("fail", 3, 500),
        ("error", 1, 503),
    ]
    file.write_text('[{"service": "s3", "count": null}]')
    assert read_faults(file)[0].count is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("service: s3", "a list of faults is expected"),
        ("- service: s3\n- {service: s3, effekt: error}", "fault 2: effekt"),
        ("- {service: s3, effect: explode}", "fault 1: effect"),
        ("- [", "neither YAML nor JSON"),
    ],
)
def test_an_invalid_rules_file_is_refused_with_the_position(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_faults(file)
