"""Diagnoses a rejected signed request: API Gateway returns Forbidden for both a wrong key and a missing permission."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

Identify = Callable[[], str]
"""Returns a description of the problem with the credentials; '' if it cannot be determined."""

PROBLEMS: Mapping[str, str] = {
    "InvalidClientTokenId": "AWS does not know this access key: it is wrong, deactivated or deleted",
    "UnrecognizedClientException": "AWS does not know this access key: it is wrong, deactivated or deleted",
    "SignatureDoesNotMatch": "the secret access key is not the one of this access key",
    "ExpiredToken": "the session of these credentials has expired: sign in again",
    "ExpiredTokenException": "the session of these credentials has expired: sign in again",
}
"""Error codes of STS for invalid credentials (STS API Reference, common errors)."""


def signing_problem(sts: Any) -> str:
    """Calls STS GetCallerIdentity, which needs no permission: if it succeeds, the permission for the API is missing."""
    try:
        caller = sts.get_caller_identity()["Arn"]
    except ClientError as error:
        return PROBLEMS.get(error.response["Error"]["Code"], "")
    except BotoCoreError:
        return ""
    return f"the credentials are good, but {caller} lacks execute-api:Invoke on this API"
