"""Invokes graders, which are Lambda functions, and separates their failures from AWS's."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from rft.adapters.aws_errors import translated
from rft.errors import RetryableServiceError
from rft.ports.grading import GraderReply, GraderVersion
from rft.smoke_test.replies import NotJson, decode_payload
from rft.text import text_line

TOO_LARGE = "a batch exceeds the 6 MB that a synchronous invocation takes"

REFUSALS = {
    "AccessDeniedException": "this stack is not allowed to invoke it; grant lambda:InvokeFunction on it",
    "RequestEntityTooLargeException": TOO_LARGE,
    "RequestTooLargeException": TOO_LARGE,
    "ResourceNotFoundException": "there is no such function, version or alias",
}
"""Lambda errors that are the grader's and not retryable."""

TRANSIENT = {"ResourceConflictException": RetryableServiceError}
"""The function is being created or updated (Lambda API, Invoke)."""

MESSAGE_LENGTH = 300


class LambdaGraderInvoker:
    """Invokes synchronously. `client` must not retry, because a retry would hide a failing grader."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def invoke(self, grader_arn: str, batch: Sequence[Mapping[str, Any]]) -> GraderReply:
        """See GraderInvoker. A client read timeout counts as the grader's failure."""
        started = time.monotonic()
        payload, error, exception = self._invoke(grader_arn, json.dumps(batch, ensure_ascii=False).encode())
        return GraderReply(payload, error, seconds=time.monotonic() - started, exception=exception)

    def resolve(self, grader_arn: str, *, publish: bool) -> GraderVersion:
        if not publish:
            return GraderVersion(grader_arn, self._configuration(grader_arn).get("CodeSha256"))
        with translated(TRANSIENT):
            # Lambda publishes no second version of the same code and configuration (PublishVersion).
            published = self._client.publish_version(FunctionName=grader_arn)
        return GraderVersion(published["FunctionArn"], published["CodeSha256"])

    def timeout_seconds(self, grader_arn: str) -> float | None:
        seconds = self._configuration(grader_arn).get("Timeout")
        return None if seconds is None else float(seconds)

    def _configuration(self, grader_arn: str) -> Mapping[str, Any]:
        """Empty without permission to read it."""
        with translated(TRANSIENT):
            try:
                return dict(self._client.get_function_configuration(FunctionName=grader_arn))
            except ClientError as error:
                if error.response.get("Error", {}).get("Code", "") not in REFUSALS:
                    raise
                return {}

    def _invoke(self, grader_arn: str, body: bytes) -> tuple[Any, str | None, str]:
        with translated(TRANSIENT):
            try:
                reply = self._client.invoke(FunctionName=grader_arn, InvocationType="RequestResponse", Payload=body)
                return _read(reply.get("FunctionError"), reply["Payload"].read())
            except ReadTimeoutError:
                return None, f"it gave no answer within {self._client.meta.config.read_timeout} s", ""
            except ClientError as error:
                refusal = REFUSALS.get(error.response.get("Error", {}).get("Code", ""))
                if refusal is None:
                    raise
                return None, refusal, ""


def _read(function_error: str | None, body: bytes) -> tuple[Any, str | None, str]:
    try:
        payload = decode_payload(body)
    except NotJson as error:
        return None, f"its reply {error}", ""
    return (None, "it failed with", _exception(payload)) if function_error else (payload, None, "")


def _exception(payload: Any) -> str:
    """One line from Lambda's error document, {"errorType", "errorMessage", …}."""
    document = payload if isinstance(payload, dict) else {}
    kind = _one_line(document.get("errorType")) or "an unnamed error"
    message = _one_line(document.get("errorMessage"))
    return f"{kind}: {message}" if message else kind


def _one_line(text: object) -> str:
    return text_line(" ".join(str(text or "").split()), MESSAGE_LENGTH)
