"""How a command finds its stack."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest

from rft_client.auth import SigV4
from rft_client.deployment import Deployment, region_of
from rft_client.errors import RftClientError
from tests.kit.rft_command import Rft

URL = "https://abc123.execute-api.eu-west-1.amazonaws.com"
OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"
ANSWER = """<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>rft</StackName>
<StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-20T12:00:00Z</CreationTime><Outputs>{}</Outputs>
</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
MISSING = """<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>
<Message>Stack with id none does not exist</Message></Error></ErrorResponse>"""


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, dict[str, str]]]:
    """A CloudFormation with the stacks in this dictionary, each with its outputs."""
    stacks: dict[str, dict[str, str]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            outputs = stacks.get(form["StackName"][0])
            known = outputs is not None
            content = ANSWER.format("".join(OUTPUT.format(*pair) for pair in (outputs or {}).items()))
            self.send_response(200 if known else 400)
            self.end_headers()
            self.wfile.write((content if known else MISSING).encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", f"http://127.0.0.1:{server.server_port}")
    yield stacks
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("credentials")
def test_a_stacks_outputs_name_api_and_bucket(cloudformation: dict[str, dict[str, str]]) -> None:
    cloudformation["rft"] = {"ApiUrl": URL, "DataBucketName": "the-bucket"}
    found = Deployment(stack="rft")
    assert (found.client.url, found.bucket) == (URL, "the-bucket")
    authorization = found.client.transport.authorization
    assert isinstance(authorization, SigV4)
    assert authorization.region == "eu-west-1"


@pytest.mark.usefixtures("credentials")
def test_options_precede_the_environment(cloudformation: dict[str, dict[str, str]]) -> None:
    cloudformation["rft"] = {"ApiUrl": URL, "DataBucketName": "the-bucket"}
    environ = {
        "RFT_API_URL": "http://127.0.0.1:1",
        "RFT_BUCKET": "other",
        "RFT_STACK": "none",
        "AWS_REGION": "us-east-1",
    }
    assert Deployment(environ=environ).client.url == "http://127.0.0.1:1"
    assert Deployment(environ=environ).bucket == "other"
    assert Deployment(stack="rft", environ=environ).bucket == "the-bucket"
    assert Deployment(api_url=URL, bucket_name="mine", environ=environ).bucket == "mine"
    assert Deployment(environ={"RFT_STACK": "rft", "AWS_REGION": "us-east-1"}).client.url == URL


@pytest.mark.usefixtures("credentials")
def test_an_unknown_stack_is_a_one_line_error(rft: Rft, cloudformation: dict[str, dict[str, str]]) -> None:
    result = rft("list", "--stack", "none")
    assert (result.status, result.out) == (1, "")
    assert "Stack with id none does not exist" in result.err
    assert result.err.count("\n") == 1


@pytest.mark.usefixtures("credentials")
def test_a_stack_of_another_application_is_refused(cloudformation: dict[str, dict[str, str]]) -> None:
    cloudformation["other"] = {"Site": "https://example.com"}
    with pytest.raises(RftClientError, match="no output ApiUrl"):
        _ = Deployment(stack="other").client


@pytest.mark.usefixtures("credentials")
def test_without_a_bucket_only_an_upload_is_refused() -> None:
    found = Deployment(api_url=URL, environ={})
    with pytest.raises(RftClientError, match="--stack NAME or --bucket NAME"):
        _ = found.bucket


@pytest.mark.parametrize(
    ("url", "region"),
    [
        (URL, "eu-west-1"),
        (f"{URL}/", "eu-west-1"),
        ("https://abc.execute-api.cn-north-1.amazonaws.com.cn/dev", "cn-north-1"),
        ("https://rft.example.com", None),
        ("http://127.0.0.1:8000", None),
        (None, None),
    ],
)
def test_the_region_is_read_from_api_gateways_own_addresses(url: str | None, region: str | None) -> None:
    assert region_of(url) == region


def test_missing_api_region_or_credentials_are_named_in_one_line(rft: Rft, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, words in (
        (["list"], "set RFT_API_URL, or pass --stack"),
        (["list", "--api-url", "https://rft.example.com"], "pass --region or set AWS_REGION"),
        (["list", "--api-url", URL], "run `aws configure`"),
    ):
        result = rft(*arguments)
        assert (result.status, result.out) == (1, "")
        assert words in result.err
        assert result.err.count("\n") == 1
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "The config profile (nobody) could not be found" in rft("list", "--api-url", URL).err
