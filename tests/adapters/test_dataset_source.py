from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from botocore.stub import Stubber
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rft.adapters.dataset_source import RemoteDatasetSource, open_pool, resolve
from rft.errors import (
    DatasetInvalid,
    DatasetNotFound,
    DatasetSizeOutOfBounds,
    InvalidRequest,
    RetryableServiceError,
    RetryableThrottling,
    RftError,
)
from rft.settings import StorageSettings

PUBLIC = "93.184.215.14"
BODY = b'[{"a": 1}]'

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A host on the internet, played on loopback: answers by path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append((self.headers["Host"], self.path))
                outer.answers.get(self.path, reply(404))(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]


def reply(status: int, body: bytes = b"", *, length: int | None = None, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        if length != -1:
            request.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as started:
        yield started


def settings(**changes: Any) -> StorageSettings:
    known = {"DATA_BUCKET": "data-bucket", "ALLOWED_HOSTS": "data.example.org,cdn.example.org"}
    return StorageSettings.model_validate(known | changes)


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


def fetch(source: RemoteDatasetSource, uri: str = "https://data.example.org/a.json") -> bytes:
    with source.open(uri) as opened:
        return opened.stream.read()


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
def test_an_address_that_is_not_allowed_is_never_asked(server: Server, uri: str) -> None:
    with pytest.raises(InvalidRequest):
        fetch(over_loopback(server), uri)
    assert server.requests == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["169.254.169.254"], ["10.1.2.3"], [PUBLIC, "10.1.2.3"], ["::1"]])
def test_a_host_with_an_address_that_is_not_public_is_never_asked(server: Server, addresses: list[str]) -> None:
    with pytest.raises(InvalidRequest, match="not public"):
        fetch(over_loopback(server, addresses))
    assert server.requests == []


def test_the_connection_goes_to_the_very_address_that_was_checked(server: Server) -> None:
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


def test_a_redirect_on_the_list_is_followed_with_its_signature(server: Server) -> None:
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
def test_a_redirect_off_the_list_is_not_followed(server: Server, location: str) -> None:
    server.answers["/a.json"] = reply(302, Location=location)
    with pytest.raises(InvalidRequest) as caught:
        fetch(over_loopback(server))
    assert caught.value.field == "dataset.uri"
    assert len(server.requests) == 1


def test_a_circle_of_redirects_ends(server: Server) -> None:
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
def test_answers_that_are_no_dataset_are_told_apart(server: Server, answer: Answer, error: type[RftError]) -> None:
    server.answers["/a.json"] = answer
    with pytest.raises(error):
        fetch(over_loopback(server))


def test_a_page_that_says_to_be_too_large_is_not_read(server: Server) -> None:
    server.answers["/a.json"] = reply(200, b"x" * 101)
    with pytest.raises(DatasetSizeOutOfBounds, match="larger than 100 bytes"):
        fetch(over_loopback(server, MAX_DATASET_BYTES=100))


def test_a_page_of_unknown_size_is_read_no_further_than_the_limit(server: Server) -> None:
    server.answers["/a.json"] = reply(200, b"x" * 300_000, length=-1)
    with pytest.raises(DatasetSizeOutOfBounds, match="larger than 100 bytes"):
        fetch(over_loopback(server, MAX_DATASET_BYTES=100))


def test_a_page_that_takes_too_long_can_be_tried_again(server: Server) -> None:
    server.answers["/a.json"] = reply(200, BODY)
    with pytest.raises(RetryableServiceError, match="in time"):
        fetch(over_loopback(server, seconds=-1))


def test_a_page_that_trickles_is_given_up_at_the_deadline(server: Server) -> None:
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


def test_a_host_that_refuses_connections_can_be_tried_again() -> None:
    gone = Server()
    gone.http.server_close()
    with pytest.raises(RetryableServiceError):
        fetch(over_loopback(gone))


def test_every_address_of_a_host_is_looked_up() -> None:
    assert "127.0.0.1" in resolve("localhost")


def certificate(name: str, folder: Path) -> Path:
    """A key and a certificate for `name` that is its own authority, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(("name", "right"), [("data.example.org", True), ("evil.example.com", False)])
def test_a_host_must_prove_who_it_is_though_it_is_reached_by_address(tmp_path: Path, name: str, right: bool) -> None:
    pem = certificate(name, tmp_path)
    server = Server()
    server.answers["/a.json"] = reply(200, BODY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    server.http.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake is expected

    def trusting_pool(host: str, address: str) -> urllib3.HTTPSConnectionPool:
        pool = open_pool(host, "127.0.0.1")
        pool.port, pool.ca_certs = server.port, str(pem)
        return pool

    source = RemoteDatasetSource(
        None,  # type: ignore[arg-type]
        settings=settings(),
        resolve=lambda host: [PUBLIC],
        open_pool=trusting_pool,
    )
    with serving(server):
        if right:
            assert fetch(source) == BODY
        else:
            with pytest.raises(DatasetNotFound, match="prove"):
                fetch(source)


def test_an_object_in_the_bucket_is_read_with_its_version(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="data-bucket", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="data-bucket", Key="uploads/my file.json", Body=BODY)["VersionId"]
    source = RemoteDatasetSource(s3, settings=settings())
    with source.open("s3://data-bucket/uploads/my file.json") as opened:
        assert (opened.bytes, opened.version, opened.stream.read()) == (len(BODY), version, BODY)


def test_exactly_the_version_that_is_asked_for_is_read(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="data-bucket", VersioningConfiguration={"Status": "Enabled"})
    first, _ = (s3.put_object(Bucket="data-bucket", Key="a.json", Body=body)["VersionId"] for body in (BODY, b"later"))
    with RemoteDatasetSource(s3, settings=settings()).open("s3://data-bucket/a.json", first) as opened:
        assert (opened.version, opened.stream.read()) == (first, BODY)


@pytest.mark.parametrize("code", ["NoSuchVersion", "InvalidArgument", "MethodNotAllowed"])
def test_a_version_that_is_none_is_not_found(code: str) -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        stubber.add_client_error("get_object", code, http_status_code=400)
        source = RemoteDatasetSource(client, settings=settings())
        with pytest.raises(DatasetNotFound), source.open("s3://data-bucket/a.json", "v"):
            pass


def test_what_is_not_on_s3_has_no_version() -> None:
    source = RemoteDatasetSource(None, settings=settings())  # type: ignore[arg-type]
    with (
        pytest.raises(InvalidRequest, match=r"dataset\.version"),
        source.open("https://data.example.org/a.json", "v"),
    ):
        pass


def test_an_object_without_versions_is_named_by_its_etag(s3: Any) -> None:
    etag = s3.put_object(Bucket="data-bucket", Key="a.json", Body=BODY)["ETag"]
    with RemoteDatasetSource(s3, settings=settings()).open("s3://data-bucket/a.json") as opened:
        assert opened.version == etag.strip('"')


def test_a_missing_object_is_not_found(s3: Any) -> None:
    with pytest.raises(DatasetNotFound), RemoteDatasetSource(s3, settings=settings()).open("s3://data-bucket/a.json"):
        pass


def test_an_object_over_the_limit_is_not_read(s3: Any) -> None:
    s3.put_object(Bucket="data-bucket", Key="a.json", Body=b"x" * 101)
    source = RemoteDatasetSource(s3, settings=settings(MAX_DATASET_BYTES=100))
    with pytest.raises(DatasetSizeOutOfBounds), source.open("s3://data-bucket/a.json"):
        pass
