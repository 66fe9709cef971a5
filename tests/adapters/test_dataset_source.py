from __future__ import annotations

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import urllib3

from rft.adapters.dataset_source import RemoteDatasetSource
from rft.errors import (
    DatasetInvalid,
    DatasetNotFound,
    DatasetSizeOutOfBounds,
    InvalidRequest,
    RetryableServiceError,
    RetryableThrottling,
    RftError,
)
from tests.kit.dataset_servers import BODY, PUBLIC, Answer, Server, fetch, reply, settings


def over_loopback(
    server: Server, addresses: list[str] | None = None, *, seconds: float = 60, **changes: Any
) -> RemoteDatasetSource:
    """A source whose connections end at `server`, whatever the address."""
    return RemoteDatasetSource(
        None,  # type: ignore[arg-type]  # no S3 in these tests
        settings=settings(**changes),
        resolve=lambda host: addresses or [PUBLIC],
        open_pool=lambda host, address: urllib3.HTTPConnectionPool("127.0.0.1", server.port),
        seconds=seconds,
    )


def test_a_page_on_an_allowed_host_is_read_with_its_size_and_etag(server: Server) -> None:
    server.answers["/a.json"] = reply(200, BODY, ETag='"abc"')
    with over_loopback(server).open("https://data.example.org/a.json") as opened:
        assert (opened.bytes, opened.version) == (len(BODY), "abc")
        assert opened.stream.read() == BODY
    assert server.requests == [("data.example.org", "/a.json")]


@pytest.mark.parametrize(
    "uri",
    [
        "https://other.example.org/a.json",
        "https://user:pw@data.example.org/a.json",
        "https://data.example.org/a/%2e%2e/b.json",
        "http://data.example.org/a.json",
        "file:///etc/passwd",
        "s3://other-bucket/a.json",
    ],
)
def test_an_address_that_is_not_allowed_gets_no_request(server: Server, uri: str) -> None:
    with pytest.raises(InvalidRequest):
        fetch(over_loopback(server), uri)
    assert server.requests == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["169.254.169.254"], ["10.1.2.3"], [PUBLIC, "10.1.2.3"], ["::1"]])
def test_a_host_with_a_private_address_gets_no_request(server: Server, addresses: list[str]) -> None:
    with pytest.raises(InvalidRequest, match="not public"):
        fetch(over_loopback(server, addresses))
    assert server.requests == []


def test_the_connection_uses_the_checked_address(server: Server) -> None:
    server.answers["/a.json"] = reply(200, BODY)
    resolved = iter([[PUBLIC], ["127.0.0.1"]])
    opened = []

    def open_pool(host: str, address: str) -> urllib3.HTTPConnectionPool:
        opened.append((host, address))
        return urllib3.HTTPConnectionPool("127.0.0.1", server.port)

    source = RemoteDatasetSource(
        None,  # type: ignore[arg-type]
        settings=settings(),
        resolve=lambda host: next(resolved),
        open_pool=open_pool,
    )
    assert fetch(source) == BODY
    assert opened == [("data.example.org", PUBLIC)]


def test_a_redirect_to_an_allowed_host_is_followed_with_its_signature(server: Server) -> None:
    server.answers["/a.json"] = reply(302, Location="https://cdn.example.org/b?Signature=x")
    server.answers["/b?Signature=x"] = reply(307, Location="/c.json")
    server.answers["/c.json"] = reply(200, BODY)
    assert fetch(over_loopback(server)) == BODY
    assert server.requests == [
        ("data.example.org", "/a.json"),
        ("cdn.example.org", "/b?Signature=x"),
        ("cdn.example.org", "/c.json"),
    ]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example.com/a.json",
        "http://data.example.org/a.json",
        "https://169.254.169.254/latest/meta-data/",
        "https://user:pw@data.example.org/b.json",
        "https://data.example.org:8443/b.json",
        "//evil.example.com/b.json",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_another_host_is_not_followed(server: Server, location: str) -> None:
    server.answers["/a.json"] = reply(302, Location=location)
    with pytest.raises(InvalidRequest) as caught:
        fetch(over_loopback(server))
    assert caught.value.field == "dataset.uri"
    assert len(server.requests) == 1


def test_a_redirect_loop_is_stopped(server: Server) -> None:
    server.answers["/a.json"] = reply(301, Location="/a.json")
    with pytest.raises(InvalidRequest, match="more than 3 times"):
        fetch(over_loopback(server))
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(404), DatasetNotFound),
        (reply(403), DatasetNotFound),
        (reply(206, BODY), DatasetNotFound),
        (reply(429), RetryableThrottling),
        (reply(503), RetryableServiceError),
        (reply(200, BODY, length=100), RetryableServiceError),
        (reply(200, BODY, Content_Encoding="gzip"), DatasetInvalid),
    ],
)
def test_error_responses_are_distinguished(server: Server, answer: Answer, error: type[RftError]) -> None:
    server.answers["/a.json"] = answer
    with pytest.raises(error):
        fetch(over_loopback(server))


def test_a_page_with_a_too_large_content_length_is_not_read(server: Server) -> None:
    server.answers["/a.json"] = reply(200, b"x" * 101)
    with pytest.raises(DatasetSizeOutOfBounds, match="larger than 100 bytes"):
        fetch(over_loopback(server, MAX_DATASET_BYTES=100))


def test_a_page_of_unknown_size_is_read_up_to_the_limit(server: Server) -> None:
    server.answers["/a.json"] = reply(200, b"x" * 300_000, length=-1)
    with pytest.raises(DatasetSizeOutOfBounds, match="larger than 100 bytes"):
        fetch(over_loopback(server, MAX_DATASET_BYTES=100))


def test_a_page_that_times_out_is_retryable(server: Server) -> None:
    server.answers["/a.json"] = reply(200, BODY)
    with pytest.raises(RetryableServiceError, match="in time"):
        fetch(over_loopback(server, seconds=-1))


def test_a_slow_page_is_aborted_at_the_deadline(server: Server) -> None:
    given_up = threading.Event()

    def trickle(request: BaseHTTPRequestHandler) -> None:
        reply(200, length=10_000)(request)
        with suppress(OSError):
            while not given_up.wait(0.02):
                request.wfile.write(b" ")

    server.answers["/a.json"] = trickle
    with pytest.raises(RetryableServiceError, match="in time"):
        fetch(over_loopback(server, seconds=0.3))
    given_up.set()


def test_a_refused_connection_is_retryable() -> None:
    gone = Server()
    gone.http.server_close()
    with pytest.raises(RetryableServiceError):
        fetch(over_loopback(gone))
