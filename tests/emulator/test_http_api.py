"""The HTTP API's port: authorisation, and the events that functions receive."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from emulator import Emulator

pytestmark = pytest.mark.emulator


def call(
    aws: Emulator,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    credentials: Credentials | None = None,
    sent: bytes | None = None,
) -> tuple[int, bytes, Any]:
    """Send a request signed for `body`; `sent` replaces the body after signing."""
    request = AWSRequest(method, aws.api_url + path, data=body, headers=headers or {})
    SigV4Auth(credentials or aws.credentials, "execute-api", aws.region).add_auth(request)
    return _send(aws.api_url + path, method, sent or body, dict(request.headers.items()))


def _send(url: str, method: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, Any]:
    request = urllib.request.Request(url, method=method, data=body or None, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request) as reply:  # noqa: S310
            return reply.status, reply.read(), reply.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_a_signed_request_reaches_the_function(aws: Emulator) -> None:
    status, body, _ = call(
        aws, "GET", "/items/a%20b%2Fc?limit=3&tag=x&tag=y%26z", headers={"X-Thing": "one", "Cookie": "a=1; b=2"}
    )
    event = json.loads(body)
    assert status == 200
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /items/{item_id}"
    assert event["rawPath"] == "/items/a b/c"
    assert event["pathParameters"] == {"item_id": "a b/c"}
    assert event["queryStringParameters"] == {"limit": "3", "tag": "x,y&z"}
    assert event["headers"]["x-thing"] == "one"
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["requestContext"]["http"]["method"] == "GET"
    assert event["requestContext"]["authorizer"]["iam"]["accessKey"] == aws.credentials.access_key
    assert "body" not in event


def test_text_bodies_are_passed_as_text_and_binary_ones_as_base64(aws: Emulator) -> None:
    _, body, _ = call(aws, "POST", "/items", '{"ü": 1}'.encode(), {"Content-Type": "application/json"})
    assert (json.loads(body)["body"], json.loads(body)["isBase64Encoded"]) == ('{"ü": 1}', False)
    _, body, _ = call(aws, "POST", "/items", bytes(range(256)), {"Content-Type": "application/octet-stream"})
    event = json.loads(body)
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (bytes(range(256)), True)


def test_responses_keep_status_headers_cookies_and_bytes(aws: Emulator) -> None:
    status, body, headers = call(aws, "DELETE", "/teapot")
    assert (status, body, headers["x-kind"]) == (418, b"short and stout", "pot")
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    status, body, headers = call(aws, "GET", "/picture/of/us.png")
    assert (status, body, headers["content-type"]) == (200, bytes(range(256)), "image/png")


def test_only_a_valid_signature_is_accepted(aws: Emulator) -> None:
    forbidden = b'{"message": "Forbidden"}'
    assert _send(aws.api_url + "/items/1", "GET", b"", {})[:2] == (403, forbidden)
    wrong = Credentials(aws.credentials.access_key, "a guess")
    assert call(aws, "GET", "/items/1", credentials=wrong)[:2] == (403, forbidden)
    assert call(aws, "GET", "/items/1", credentials=Credentials("AKIAOTHER", "other"))[:2] == (403, forbidden)
    assert call(aws, "POST", "/items", b'{"a": 1}', sent=b'{"a": 2}')[:2] == (403, forbidden)


def test_a_route_without_authorisation_is_open(aws: Emulator) -> None:
    status, body, _ = _send(aws.api_url + "/open", "GET", b"", {})
    assert status == 200
    assert "authorizer" not in json.loads(body)["requestContext"]


def test_an_unknown_route_is_404_and_a_broken_function_500(aws: Emulator) -> None:
    assert call(aws, "GET", "/nowhere")[:2] == (404, b'{"message": "Not Found"}')
    assert call(aws, "POST", "/items/1")[0] == 404
    assert call(aws, "GET", "/broken")[:2] == (500, b'{"message": "Internal Server Error"}')


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_a_signature_made_by_curl_is_accepted(aws: Emulator) -> None:
    user = f"{aws.credentials.access_key}:{aws.credentials.secret_key}"
    command = ["curl", "-sS", "--aws-sigv4", f"aws:amz:{aws.region}:execute-api", "--user", user]
    body = ["-H", "content-type: application/json", "-d", '{"name": "x"}']

    def answer(*arguments: str) -> Any:
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)  # noqa: S603
        return json.loads(done.stdout)

    assert answer(*body, f"{aws.api_url}/items").get("body") == '{"name": "x"}'
    assert answer(f"{aws.api_url}/items/one?a=1&b=2").get("pathParameters") == {"item_id": "one"}
