"""Maps botocore's errors to this project's errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from rft.errors import RetryableQuota, RetryableServiceError, RetryableThrottling, RftError

THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "KMSThrottling",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "Throttled",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""botocore's own list (botocore.retries.standard), plus Lambda's and SNS's."""

QUOTA_CODES = frozenset({"ServiceQuotaExceededException", "ExecutionLimitExceeded"})
"""Concurrency limits, which recover without intervention."""

CONNECTION_ERRORS = (ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError)


@contextmanager
def translated(known: Mapping[str, type[RftError]] | None = None, *, about: str = "") -> Iterator[None]:
    """Runs an AWS call and maps its errors; messages start with `about`, the purpose of the call.

    `known` maps the codes that the caller handles, for example {"ConflictException": RunConflict}. An unmapped code is
    reraised unchanged: a denied or malformed call is a bug in the stack.
    """
    try:
        yield
    except ClientError as error:
        ours = _ours(error, known or {})
        if ours is None:
            raise
        raise ours(f"{about}: {_message(error)}" if about else _message(error)) from error
    except CONNECTION_ERRORS as error:
        raise RetryableServiceError(str(error)) from error


def _ours(error: ClientError, known: Mapping[str, type[RftError]]) -> type[RftError] | None:
    code = error.response.get("Error", {}).get("Code", "")
    if code in known:
        return known[code]
    if code in THROTTLING_CODES:
        return RetryableThrottling
    if code in QUOTA_CODES:
        return RetryableQuota
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return RetryableServiceError if status >= 500 else None


def _message(error: ClientError) -> str:
    detail = error.response.get("Error", {})
    return f"{error.operation_name}: {detail.get('Code', '')}: {detail.get('Message', '')}"
