"""Addresses and certificates of hosts that datasets are read from, and what else is read."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
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
    DatasetNotFound,
    DatasetSizeOutOfBounds,
    InvalidRequest,
)
from tests.kit.dataset_servers import BODY, PUBLIC, Server, fetch, reply, serving, settings


def test_every_address_of_a_host_is_resolved() -> None:
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
def test_the_certificate_is_verified_for_the_host_name(tmp_path: Path, name: str, right: bool) -> None:
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


def test_exactly_the_requested_version_is_read(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="data-bucket", VersioningConfiguration={"Status": "Enabled"})
    first, _ = (s3.put_object(Bucket="data-bucket", Key="a.json", Body=body)["VersionId"] for body in (BODY, b"later"))
    with RemoteDatasetSource(s3, settings=settings()).open("s3://data-bucket/a.json", first) as opened:
        assert (opened.version, opened.stream.read()) == (first, BODY)


@pytest.mark.parametrize("code", ["NoSuchVersion", "InvalidArgument", "MethodNotAllowed"])
def test_an_unknown_version_is_not_found(code: str) -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        stubber.add_client_error("get_object", code, http_status_code=400)
        source = RemoteDatasetSource(client, settings=settings())
        with pytest.raises(DatasetNotFound), source.open("s3://data-bucket/a.json", "v"):
            pass


def test_an_https_dataset_has_no_version() -> None:
    source = RemoteDatasetSource(None, settings=settings())  # type: ignore[arg-type]
    with (
        pytest.raises(InvalidRequest, match=r"dataset\.version"),
        source.open("https://data.example.org/a.json", "v"),
    ):
        pass


def test_an_object_without_versions_is_identified_by_its_etag(s3: Any) -> None:
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
