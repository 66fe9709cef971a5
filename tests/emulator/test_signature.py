"""Signatures that the emulated AWS accepts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from emulator.http.signature import SignedRequest, is_authentic

CREDENTIALS = Credentials("AKIAEMULATED", "secret")


def signed(url: str = "http://127.0.0.1:1234/runs?a=1&b=%20x", body: bytes = b'{"a": 1}') -> SignedRequest:
    request = AWSRequest("POST", url, data=body, headers={"content-type": "application/json"})
    SigV4Auth(CREDENTIALS, "execute-api", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": "127.0.0.1:1234"}
    return SignedRequest("POST", url, headers, body)


def accepted(request: SignedRequest, *, region: str = "us-east-1", later: timedelta = timedelta()) -> bool:
    now = datetime.now(UTC) + later
    return is_authentic(request, CREDENTIALS, service="execute-api", region=region, now=now)


def test_a_signature_made_by_botocore_is_accepted() -> None:
    assert accepted(signed())
    assert accepted(signed("http://127.0.0.1:1234/runs/a%20b%2Fc", b""))


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"url": "http://127.0.0.1:1234/runs?a=2&b=%20x"},
        {"url": "http://127.0.0.1:1234/other?a=1&b=%20x"},
        {"body": b'{"a": 2}'},
        {"headers": {}},
    ],
)
def test_a_request_changed_after_signing_is_refused(change: dict[str, object]) -> None:
    assert not accepted(replace(signed(), **change))  # type: ignore[arg-type]


def test_a_signature_is_valid_for_five_minutes_in_its_region() -> None:
    request = signed()
    assert accepted(request, later=timedelta(minutes=4))
    assert not accepted(request, later=timedelta(minutes=6))
    assert not accepted(request, later=-timedelta(minutes=6))
    assert not accepted(request, region="eu-west-1")


def test_a_changed_signed_header_is_refused() -> None:
    request = signed()
    assert not accepted(replace(request, headers={**request.headers, "host": "elsewhere"}))


def test_a_presigned_url_expires_as_stated() -> None:
    request = AWSRequest("GET", "http://127.0.0.1:1234/bucket/a%20b?versionId=1")
    S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=600).add_auth(request)
    shared = SignedRequest("GET", str(request.url), {"host": "127.0.0.1:1234"}, b"")

    def opens(later: timedelta, url: str = shared.url) -> bool:
        now = datetime.now(UTC) + later
        return is_authentic(replace(shared, url=url), CREDENTIALS, service="s3", region="us-east-1", now=now)

    assert [opens(timedelta(seconds=seconds)) for seconds in (-301, 0, 599, 602)] == [False, True, True, False]
    assert not opens(timedelta(), shared.url.replace("versionId=1", "versionId=2"))
    assert not opens(timedelta(), shared.url.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"))


def test_a_sessions_signature_needs_its_token() -> None:
    session = Credentials("ASIAEMULATED", "secret", "token")
    request = AWSRequest("GET", "http://127.0.0.1:1234/")
    SigV4Auth(session, "states", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": "127.0.0.1:1234"}

    def taken(headers: dict[str, str]) -> bool:
        signed = SignedRequest("GET", str(request.url), headers, b"")
        return is_authentic(signed, session, service="states", region="us-east-1", now=datetime.now(UTC))

    assert taken(headers)
    assert not taken({**headers, "x-amz-security-token": "another"})
