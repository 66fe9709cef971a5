from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from rft.adapters.grader_invoker import LambdaGraderInvoker
from rft.errors import RetryableServiceError, RetryableThrottling
from rft.ports.grading import GraderVersion

ARN = "arn:aws:lambda:us-east-1:123456789012:function:theirs"
BATCH = [{"id": "1", "messages": [{"role": "assistant", "content": "Größe 答え"}]}]


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "lambda",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=300),
    )


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def answer(body: bytes, **more: Any) -> dict[str, Any]:
    return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **more}


def test_the_batch_is_the_event_and_the_reply_is_decoded(client: Any, stub: Stubber) -> None:
    expected = {
        "FunctionName": ARN,
        "InvocationType": "RequestResponse",
        "Payload": json.dumps(BATCH, ensure_ascii=False).encode(),
    }
    stub.add_response("invoke", answer(b'[{"id": "1", "aggregate_reward_score": 0.5}]'), expected)

    reply = LambdaGraderInvoker(client).invoke(ARN, BATCH)

    assert reply.payload == [{"id": "1", "aggregate_reward_score": 0.5}]
    assert reply.error is None
    assert reply.seconds >= 0


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (
            {"errorType": "KeyError", "errorMessage": "'label'", "stackTrace": ["…"]},
            "it failed with KeyError: 'label'",
        ),
        (
            {"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: 1 Error: Task timed out after 3.00 seconds"},
            "it failed with Sandbox.Timedout: RequestId: 1 Error: Task timed out after 3.00 seconds",
        ),
        (
            {"errorMessage": "2026-11-20 x Task timed out"},
            "it failed with an unnamed error: 2026-11-20 x Task timed out",
        ),
        ({"errorType": "E", "errorMessage": "a\nb\x1b"}, r"it failed with E: a b\x1b"),
        ({"errorType": "Runtime.ExitError"}, "it failed with Runtime.ExitError"),
        ("gone", "it failed with an unnamed error"),
    ],
)
def test_a_graders_error_is_a_reply_with_one_line(client: Any, stub: Stubber, document: Any, error: str) -> None:
    stub.add_response("invoke", answer(json.dumps(document).encode(), FunctionError="Unhandled"))

    reply = LambdaGraderInvoker(client).invoke(ARN, BATCH)

    assert (reply.payload, reply.failure) == (None, error)


@pytest.mark.parametrize(
    ("body", "error"),
    [(b'[{"score": NaN}]', "its reply holds NaN, which is not JSON and not a score"), (b"", "its reply is not JSON")],
)
def test_a_reply_that_is_not_json_is_an_error(client: Any, stub: Stubber, body: bytes, error: str) -> None:
    stub.add_response("invoke", answer(body))

    assert LambdaGraderInvoker(client).invoke(ARN, BATCH).error == error


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("ResourceNotFoundException", 404, "there is no such function"),
        ("AccessDeniedException", 403, "grant lambda:InvokeFunction"),
        ("RequestTooLargeException", 413, "6 MB"),
        ("RequestEntityTooLargeException", 413, "6 MB"),
    ],
)
def test_an_invocation_error_of_the_grader_is_its_failure(
    client: Any, stub: Stubber, code: str, status: int, says: str
) -> None:
    stub.add_client_error("invoke", code, "…", http_status_code=status)

    reply = LambdaGraderInvoker(client).invoke(ARN, BATCH)

    assert reply.payload is None
    assert reply.error is not None
    assert says in reply.error


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("TooManyRequestsException", 429, RetryableThrottling),
        ("ServiceException", 500, RetryableServiceError),
        ("ResourceNotReadyException", 502, RetryableServiceError),
        ("ResourceConflictException", 409, RetryableServiceError),
    ],
)
def test_faults_of_aws_are_retried_by_the_state_machine(
    client: Any, stub: Stubber, code: str, status: int, error: type[Exception]
) -> None:
    stub.add_client_error("invoke", code, "…", http_status_code=status)

    with pytest.raises(error, match=code):
        LambdaGraderInvoker(client).invoke(ARN, BATCH)


def test_any_other_error_raises(client: Any, stub: Stubber) -> None:
    stub.add_client_error("invoke", "InvalidParameterValueException", "…", http_status_code=400)

    with pytest.raises(ClientError):
        LambdaGraderInvoker(client).invoke(ARN, BATCH)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (ReadTimeoutError(endpoint_url="https://lambda"), "it gave no answer within 300 s"),
        (EndpointConnectionError(endpoint_url="https://lambda"), RetryableServiceError),
    ],
)
def test_a_read_timeout_is_the_graders_failure_a_connect_error_not(
    client: Any, fault: Exception, outcome: str | type[Exception]
) -> None:
    def fail(**_: Any) -> None:
        raise fault

    client.meta.events.register("before-send.lambda.Invoke", fail)
    invoker = LambdaGraderInvoker(client)

    if isinstance(outcome, str):
        assert invoker.invoke(ARN, BATCH).error == outcome
    else:
        with pytest.raises(outcome):
            invoker.invoke(ARN, BATCH)


def test_the_timeout_comes_from_the_function(client: Any, stub: Stubber) -> None:
    stub.add_response("get_function_configuration", {"Timeout": 270}, {"FunctionName": ARN})

    assert LambdaGraderInvoker(client).timeout_seconds(ARN) == 270


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_an_unreadable_timeout_is_unknown(client: Any, stub: Stubber, code: str) -> None:
    stub.add_client_error("get_function_configuration", code, http_status_code=403)

    assert LambdaGraderInvoker(client).timeout_seconds(ARN) is None


def test_aws_faults_while_reading_a_timeout_are_mapped(client: Any, stub: Stubber) -> None:
    stub.add_client_error("get_function_configuration", "TooManyRequestsException", http_status_code=429)

    with pytest.raises(RetryableThrottling):
        LambdaGraderInvoker(client).timeout_seconds(ARN)


def test_a_grader_of_this_stack_is_resolved_to_a_version_with_its_digest() -> None:
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        published = {"FunctionArn": f"{ARN}:3", "Version": "3", "CodeSha256": "abc="}
        stubber.add_response("publish_version", published, {"FunctionName": ARN})
        assert LambdaGraderInvoker(client).resolve(ARN, publish=True) == GraderVersion(f"{ARN}:3", "abc=")


def test_another_stacks_grader_keeps_its_arn_and_gets_a_digest_if_readable() -> None:
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        stubber.add_response("get_function_configuration", {"CodeSha256": "abc="}, {"FunctionName": ARN})
        stubber.add_client_error("get_function_configuration", "AccessDeniedException")
        assert LambdaGraderInvoker(client).resolve(ARN, publish=False) == GraderVersion(ARN, "abc=")
        assert LambdaGraderInvoker(client).resolve(ARN, publish=False) == GraderVersion(ARN, None)
