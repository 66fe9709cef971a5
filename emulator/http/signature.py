"""Checks Signature Version 4 as API Gateway does, with the one pair of credentials that is known here."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

MAX_SKEW = timedelta(minutes=5)
"""A signature's time may differ so much from the server's (IAM User Guide, "Signature Version 4")."""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r"\s*SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers. `url` is absolute and as sent; header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def is_authentic(request: SignedRequest, credentials: Credentials, *, service: str, region: str, now: datetime) -> bool:
    """True where the request is signed with these credentials, for this service, region and time."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", "").strip())
    if not found or (found["key"], found["service"], found["region"]) != (credentials.access_key, service, region):
        return False
    timestamp = request.headers.get("x-amz-date", "")
    if not _is_recent(timestamp, now) or not timestamp.startswith(found["date"]):
        return False
    signed = found["headers"].split(";")
    if "host" not in signed or not _body_fits(request):
        return False
    expected = _signature(SigV4Auth(credentials, service, region), request, signed, timestamp)
    return hmac.compare_digest(expected, found["signature"])


def _is_recent(timestamp: str, now: datetime) -> bool:
    try:
        at = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(now - at) <= MAX_SKEW


def _body_fits(request: SignedRequest) -> bool:
    stated = request.headers.get("x-amz-content-sha256")
    return stated in (None, "UNSIGNED-PAYLOAD", hashlib.sha256(request.body).hexdigest())


def _signature(auth: SigV4Auth, request: SignedRequest, signed: list[str], timestamp: str) -> str:
    covered = {name: request.headers.get(name, "") for name in signed}
    repeated = AWSRequest(method=request.method, url=request.url, headers=covered, data=request.body)
    repeated.context["timestamp"] = timestamp
    return str(auth.signature(auth.string_to_sign(repeated, auth.canonical_request(repeated)), repeated))
