"""Why API Gateway refused a signed request: it says Forbidden to a wrong key and to a missing permission alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

Identify = Callable[[], str]
"""What is wrong with the credentials, in words; '' where that cannot be found out."""

PROBLEMS: Mapping[str, str] = {
    "InvalidClientTokenId": "AWS does not know this access key: it is wrong, deactivated or deleted",
    "UnrecognizedClientException": "AWS does not know this access key: it is wrong, deactivated or deleted",
    "SignatureDoesNotMatch": "the secret access key is not the one of this access key",
    "ExpiredToken": "the session of these credentials has expired: sign in again",
    "ExpiredTokenException": "the session of these credentials has expired: sign in again",
}
"""What STS answers to credentials that are not good (STS API Reference, common errors)."""


def signing_problem(sts: Any) -> str:
    """Calls STS GetCallerIdentity, which needs no permission: valid credentials then lack the right to call the API."""
    try:
        caller = sts.get_caller_identity()["Arn"]
    except ClientError as error:
        return PROBLEMS.get(error.response["Error"]["Code"], "")
    except BotoCoreError:
        return ""
    return f"the credentials are good, but {caller} lacks execute-api:Invoke on this API"
