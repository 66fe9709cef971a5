"""Verifies Signature Version 4, in the Authorization header or in the query string of a presigned URL."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.wrappers import Request

MAX_SKEW = timedelta(minutes=5)
"""Maximum clock skew between a signature and the server (IAM User Guide, "Signature Version 4")."""

MAX_PRESIGNED_SECONDS = 7 * 24 * 3600
"""Query parameters of a presigned URL (S3 API Reference, "Authenticating Requests: Using Query Parameters")."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_SCOPE = r"(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM}\s+Credential={_SCOPE},\s*SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{{64}})"
)
_CREDENTIAL = re.compile(_SCOPE)
_UNSIGNED_BODIES = frozenset({"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})


@dataclass(frozen=True)
class SignedRequest:
    """The signed parts of a request. `url` is absolute and as sent; header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def signed_request(request: Request, body: bytes) -> SignedRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    url = f"http://{request.host}{request.environ.get('RAW_URI', request.full_path)}"
    return SignedRequest(request.method, url, headers, body)


def is_authentic(request: SignedRequest, credentials: Credentials, *, service: str, region: str, now: datetime) -> bool:
    if "authorization" not in request.headers:
        return _is_presigned(request, credentials, service=service, region=region, now=now)
    found = _AUTHORIZATION.fullmatch(request.headers["authorization"].strip())
    if not found or (found["key"], found["service"], found["region"]) != (credentials.access_key, service, region):
        return False
    timestamp = request.headers.get("x-amz-date", "")
    signed_at = _time(timestamp)
    if signed_at is None or abs(now - signed_at) > MAX_SKEW or not timestamp.startswith(found["date"]):
        return False
    if credentials.token and request.headers.get("x-amz-security-token") != credentials.token:
        return False
    signed = found["headers"].split(";")
    if "host" not in signed or not _body_fits(request):
        return False
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    expected = _signature(kind(credentials, service, region), request, signed, timestamp)
    return hmac.compare_digest(expected, found["signature"])


def _is_presigned(
    request: SignedRequest, credentials: Credentials, *, service: str, region: str, now: datetime
) -> bool:
    """Verify a presigned URL; only S3 is supported. The body is not signed."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
    found = _CREDENTIAL.fullmatch(query.get("X-Amz-Credential", ""))
    scope = (credentials.access_key, "s3", region)
    if service != "s3" or not found or (found["key"], found["service"], found["region"]) != scope:
        return False
    signed_at, seconds = _time(query.get("X-Amz-Date", "")), query.get("X-Amz-Expires", "")
    if signed_at is None or not re.fullmatch(r"\d{1,6}", seconds) or int(seconds) > MAX_PRESIGNED_SECONDS:
        return False
    if not -MAX_SKEW <= now - signed_at <= timedelta(seconds=int(seconds)):
        return False
    if credentials.token and query.get("X-Amz-Security-Token") != credentials.token:
        return False
    signed = query.get("X-Amz-SignedHeaders", "").split(";")
    covered = replace(request, url=re.sub(r"(?<=[?&])X-Amz-Signature=[^&]*&?", "", request.url).rstrip("?&"))
    expected = _signature(S3SigV4QueryAuth(credentials, "s3", region), covered, signed, query["X-Amz-Date"])
    return "host" in signed and hmac.compare_digest(expected, query.get("X-Amz-Signature", ""))


def _time(timestamp: str) -> datetime | None:
    try:
        return datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _body_fits(request: SignedRequest) -> bool:
    stated = request.headers.get("x-amz-content-sha256")
    return stated is None or stated in _UNSIGNED_BODIES or stated == hashlib.sha256(request.body).hexdigest()


def _signature(auth: SigV4Auth, request: SignedRequest, signed: list[str], timestamp: str) -> str:
    covered = {name: request.headers.get(name, "") for name in signed}
    repeated = AWSRequest(method=request.method, url=request.url, headers=covered, data=request.body)
    repeated.context["timestamp"] = timestamp
    return str(auth.signature(auth.string_to_sign(repeated, auth.canonical_request(repeated)), repeated))
