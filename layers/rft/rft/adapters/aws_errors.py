"""The one place where botocore's errors become ours."""

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
"""Limits on concurrent work: they free up by themselves."""

CONNECTION_ERRORS = (ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError)


@contextmanager
def translated(known: Mapping[str, type[RftError]] | None = None, *, about: str = "") -> Iterator[None]:
    """Run an AWS call; raise our error for each of AWS's, its message led by `about` (what the call was for).

    `known` maps the codes that the caller handles, for example {"ConflictException": RunConflict}.
    A code that is in none of the tables stays as it is, loud: a denied or malformed call is a bug in the stack.
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
