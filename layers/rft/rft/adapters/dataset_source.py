"""Reads datasets from the data bucket or from allowed hosts, with limits on size and time."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import urllib3

from rft.adapters.object_store import reading
from rft.datasets.address import HttpsAddress, S3Address, check_address, check_redirect, check_version, is_public
from rft.errors import (
    DatasetInvalid,
    DatasetNotFound,
    DatasetSizeOutOfBounds,
    InvalidRequest,
    RetryableServiceError,
    RetryableThrottling,
)
from rft.ports.datasets import OpenSource
from rft.settings import StorageSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_REDIRECTS = 3
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 10, 30, 300
REDIRECTS = frozenset({301, 302, 303, 307, 308})

Read = Callable[[int], bytes]
Resolve = Callable[[str], list[str]]
OpenPool = Callable[[str, str], urllib3.HTTPConnectionPool]


def resolve(host: str) -> list[str]:
    """Resolves a host to all its IP addresses."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise RetryableServiceError(f"{host} could not be resolved: {error}") from error
        raise DatasetNotFound(f"{host} could not be resolved: {error}") from error
    except UnicodeError as error:  # a label that is empty or longer than 63 characters
        raise DatasetNotFound(f"{host} is no name of a host") from error
    return sorted({str(entry[4][0]) for entry in found})


def open_pool(host: str, address: str) -> urllib3.HTTPSConnectionPool:
    """Connections to one IP address, whose TLS certificate must be valid for `host`."""
    return urllib3.HTTPSConnectionPool(address, 443, server_hostname=host, assert_hostname=host)


class RemoteDatasetSource:
    """Implements ports.DatasetSource. `resolve` and `open_pool` can be replaced in tests."""

    def __init__(
        self,
        s3: S3Client,
        *,
        settings: StorageSettings,
        resolve: Resolve = resolve,
        open_pool: OpenPool = open_pool,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._s3 = s3
        self._settings = settings
        self._resolve = resolve
        self._open_pool = open_pool
        self._seconds = seconds

    @contextmanager
    def open(self, uri: str, version: str | None = None, start: int = 0) -> Iterator[OpenSource]:
        address = check_address(uri, self._settings.data_bucket, self._settings.allowed_hosts)
        check_version(address, version)
        opened = self._open_s3(address, version, start) if isinstance(address, S3Address) else self._open_https(address)
        with opened as source:
            yield source

    @contextmanager
    def _open_s3(self, address: S3Address, version: str | None, start: int) -> Iterator[OpenSource]:
        uri = f"s3://{address.bucket}/{address.key}"
        with reading(uri):
            found = self._s3.get_object(Bucket=address.bucket, Key=address.key, **_chosen(version, start))
        body = found["Body"]

        def read(size: int) -> bytes:
            with reading(uri):
                return body.read(size)

        with body:
            pinned = found.get("VersionId", "null") != "null"
            version = found["VersionId"] if pinned else found["ETag"].strip('"')
            yield replace(self._source(read, found["ContentLength"], version), pinned=pinned)

    @contextmanager
    def _open_https(self, address: HttpsAddress) -> Iterator[OpenSource]:
        deadline = time.monotonic() + self._seconds
        with self._follow(address, deadline) as response:
            length = response.headers.get("Content-Length", "")

            def read(size: int) -> bytes:
                _check_time(deadline)
                with _fetching(address.host):
                    # available bytes only, so that a slow sender cannot exceed the deadline
                    return response.read1(size)

            yield self._source(read, int(length) if length.isdigit() else None, _etag(response))

    @contextmanager
    def _follow(self, address: HttpsAddress, deadline: float) -> Iterator[urllib3.BaseHTTPResponse]:
        """Follows a bounded number of redirects, each validated by the same rules."""
        for _ in range(MAX_REDIRECTS + 1):
            _check_time(deadline)
            with self._get(address) as response:
                if response.status not in REDIRECTS:
                    _check_answer(response, address.host)
                    yield response
                    return
                location = urljoin(f"https://{address.host}{address.target}", response.headers.get("Location", ""))
            address = check_redirect(location, self._settings.allowed_hosts)
        raise InvalidRequest(f"{address.host} redirects more than {MAX_REDIRECTS} times", field="dataset.uri")

    @contextmanager
    def _get(self, address: HttpsAddress) -> Iterator[urllib3.BaseHTTPResponse]:
        with self._open_pool(address.host, self._public_address(address.host)) as pool:
            with _fetching(address.host):
                response = pool.urlopen(
                    "GET",
                    address.target,
                    headers={"Host": address.host, "Accept-Encoding": "identity", "User-Agent": "rft"},
                    timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
            try:
                yield response
            finally:
                response.close()

    def _public_address(self, host: str) -> str:
        """The IP address to connect to."""
        addresses = self._resolve(host)
        private = [address for address in addresses if not is_public(address)]
        # Any address that is not public rejects the host, because DNS may return that one next.
        if private or not addresses:
            raise InvalidRequest(f"{host} has an address that is not public", field="dataset.uri")
        return addresses[0]

    def _source(self, read: Read, length: int | None, version: str | None) -> OpenSource:
        limit = self._settings.max_dataset_bytes
        if length is not None and length > limit:
            raise _too_large(limit)
        return OpenSource(stream=io.BufferedReader(_Bounded(read, limit)), bytes=length, version=version)


class _Bounded(io.RawIOBase):
    def __init__(self, read: Read, limit: int) -> None:
        self._read = read
        self._limit = limit
        self._taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._read(len(buffer))
        self._taken += len(data)
        if self._taken > self._limit:
            raise _too_large(self._limit)
        buffer[: len(data)] = data
        return len(data)


def _too_large(limit: int) -> DatasetSizeOutOfBounds:
    return DatasetSizeOutOfBounds(f"the dataset is larger than {limit:,} bytes, this stack's MAX_DATASET_BYTES")


def _chosen(version: str | None, start: int) -> dict[str, Any]:
    chosen = {"VersionId": version} if version is not None else {}
    return chosen | ({"Range": f"bytes={start}-"} if start else {})


def _etag(response: urllib3.BaseHTTPResponse) -> str | None:
    return response.headers.get("ETag", "").strip('"') or None


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise RetryableServiceError("the dataset did not arrive in time")


@contextmanager
def _fetching(host: str) -> Iterator[None]:
    try:
        yield
    except urllib3.exceptions.SSLError as error:
        raise DatasetNotFound(f"{host} did not prove its identity: {error}") from error
    except urllib3.exceptions.HTTPError as error:
        raise RetryableServiceError(f"{host} could not be read from: {error}") from error


def _check_answer(response: urllib3.BaseHTTPResponse, host: str) -> None:
    status = response.status
    if status == 429:
        raise RetryableThrottling(f"{host} answered 429 Too Many Requests")
    if status >= 500:
        raise RetryableServiceError(f"{host} answered {status}")
    if status != 200:
        raise DatasetNotFound(f"{host} answered {status}: the dataset is not there, or may not be read")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise DatasetInvalid(f"{host} sent the dataset compressed although the request refuses compression")
