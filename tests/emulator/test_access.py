"""The emulator's ports reject requests without its own credentials and requests from web pages."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.functions.invocation import Invocation
from emulator.functions.runtime_api import RuntimeApi

pytestmark = pytest.mark.emulator

FAULT = {"service": "dynamodb", "operation": "ListTables", "code": "ValidationException", "status": 400}
REBOUND = {"Host": "attacker.example:4566"}
PAGE = {"Origin": "http://attacker.example"}


def send(url: str, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, body or None, headers or {}, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def control(
    aws: Emulator,
    method: str,
    body: Any = None,
    *,
    credentials: Credentials | None = None,
    service: str = "emulator",
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    """Send a signed request to the control API."""
    data = json.dumps(body).encode() if body is not None else b""
    request = AWSRequest(method, f"{aws.endpoint}/_emulator/faults", data=data, headers=headers or {})
    SigV4Auth(credentials or aws.credentials, service, aws.region).add_auth(request)
    status, answer = send(str(request.url), method, data, dict(request.headers.items()))
    return status, json.loads(answer)


def code_of(client: Any) -> str:
    with pytest.raises(ClientError) as caught:
        client.list_tables() if client.meta.service_model.service_name == "dynamodb" else client.list_buckets()
    return str(caught.value.response["Error"]["Code"])


def test_faults_are_set_over_http_with_the_emulators_credentials(aws: Emulator) -> None:
    assert control(aws, "POST", FAULT)[0] == 200
    assert [rule["code"] for rule in control(aws, "GET")[1]] == ["ValidationException"]
    assert code_of(aws.client("dynamodb")) == "ValidationException"
    refused = control(aws, "POST", {"service": "dynamodb", "efect": "error"})
    assert refused == (400, {"message": "efect: unknown field"})
    control(aws, "POST", FAULT)
    assert control(aws, "DELETE") == (200, [])


def test_the_control_route_refuses_all_others(aws: Emulator) -> None:
    url = f"{aws.endpoint}/_emulator/faults"
    wrong = Credentials(aws.credentials.access_key, "wrong")
    session = aws.stack.functions[0].role_arn
    role = aws._environment.keyring.session(session, "other")

    assert send(url, "POST", json.dumps(FAULT).encode())[0] == 403
    assert send(url)[0] == send(url, "DELETE")[0] == 403
    for refused in ({"credentials": wrong}, {"credentials": role}, {"service": "s3"}):
        assert control(aws, "POST", FAULT, **refused)[0] == 403
    assert aws.faults.listed() == []


@pytest.mark.parametrize("service", ["s3", "dynamodb"])
def test_the_aws_port_refuses_a_signature_of_another_secret(aws: Emulator, service: str) -> None:
    client = boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=aws.endpoint,
        region_name=aws.region,
        aws_access_key_id=aws.credentials.access_key,
        aws_secret_access_key="guessed",
    )

    assert code_of(client) in ("SignatureDoesNotMatch", "InvalidSignatureException")


def test_a_session_without_its_token_is_refused(aws: Emulator) -> None:
    session = aws._environment.keyring.session(aws.stack.functions[0].role_arn, "tokenless")
    client = boto3.client(
        "s3",
        endpoint_url=aws.endpoint,
        region_name=aws.region,
        aws_access_key_id=session.access_key,
        aws_secret_access_key=session.secret_key,
    )

    assert code_of(client) == "SignatureDoesNotMatch"


def test_a_presigned_address_opens_one_object_for_one_method(aws: Emulator) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=aws.endpoint,
        region_name=aws.region,
        aws_access_key_id=aws.credentials.access_key,
        aws_secret_access_key=aws.credentials.secret_key,
        config=Config(signature_version="s3v4"),
    )
    key = "a b/ü+(1).txt"
    s3.put_object(Bucket=aws.bucket, Key=key, Body=b"text")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": aws.bucket, "Key": key}, ExpiresIn=60)

    assert send(url) == (200, b"text")
    assert send(url.replace("txt", "tx"))[0] == send(url, "DELETE")[0] == 403
    assert send(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))[0] == 403


@pytest.mark.parametrize("headers", [REBOUND, PAGE, {"Origin": "null"}, {"Host": "127.0.0.1.attacker.example"}])
def test_web_page_requests_are_refused_at_both_ports(aws: Emulator, headers: dict[str, str]) -> None:
    assert control(aws, "POST", FAULT, headers=headers)[0] == 403
    for url in (f"{aws.endpoint}/", f"{aws.api_url}/open"):
        status, body = send(url, headers=headers)
        assert (status, b"Host" in body or b"web pages" in body) == (403, True)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "bucket.localhost:4566", "[::1]:1", "127.0.0.1:8080"])
def test_local_host_names_are_accepted(aws: Emulator, host: str) -> None:
    status, body = send(f"{aws.endpoint}/", headers={"Host": host})
    assert (status, b"Access Denied" in body) == (403, True)


@pytest.fixture
def runtime() -> Any:
    api = RuntimeApi()
    yield api
    api.close()


def invocation() -> Invocation:
    return Invocation(b'{"secret": 1}', 5, "arn", lambda: None)  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize("token", ["", "/wrong", "/2018-06-01"])
def test_runtime_api_serves_only_the_process_that_has_its_token(runtime: RuntimeApi, token: str) -> None:
    runtime.enqueue(invocation())
    base = f"http://{runtime.address.partition('/')[0]}{token}/2018-06-01/runtime"

    assert send(f"{base}/invocation/next") == (403, b"")
    assert send(f"{base}/init/error", "POST", b"{}") == (403, b"")
    assert send(f"{base}/invocation/x/response", "POST", b"{}") == (403, b"")
    assert runtime.init_error is None

    assert send(f"http://{runtime.address}/2018-06-01/runtime/invocation/next") == (200, b'{"secret": 1}')


@pytest.mark.parametrize("headers", [REBOUND, PAGE])
def test_runtime_api_refuses_requests_of_web_pages(runtime: RuntimeApi, headers: dict[str, str]) -> None:
    url = f"http://{runtime.address}/2018-06-01/runtime/init/error"

    assert send(url, "POST", b"{}", headers)[0] == 403
    assert urlsplit(url).path.count("/") == 5
    assert runtime.init_error is None
