"""The data bucket and dataset sources, in memory."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rft.errors import DatasetNotFound, DatasetSizeOutOfBounds
from rft.ports.datasets import OpenSource


class MemoryStore:
    """Implements ObjectStore and DatasetSource on one dict of URI → bytes."""

    def __init__(self, bucket: str = "data-bucket") -> None:
        self._bucket = bucket
        self.objects: dict[str, bytes] = {}

    def uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def put_stream(self, uri: str, chunks: Iterable[bytes]) -> None:
        self.objects[uri] = b"".join(chunks)

    def join(self, uri: str, pieces: Sequence[str]) -> None:
        self.objects[uri] = b"".join(map(self.get_bytes, pieces))

    def put_bytes(self, uri: str, body: bytes) -> None:
        self.objects[uri] = body

    def get_bytes(self, uri: str) -> bytes:
        if uri not in self.objects:
            raise DatasetNotFound(f"nothing at {uri}")
        return self.objects[uri]

    def find_bytes(self, uri: str, *, most: int) -> bytes | None:
        body = self.objects.get(uri)
        if body is not None and len(body) > most:
            raise DatasetSizeOutOfBounds(f"{uri} is larger than {most:,} bytes")
        return body

    def lines(self, uri: str) -> Iterator[bytes]:
        yield from self.get_bytes(uri).splitlines()

    @contextmanager
    def open(self, uri: str, version: str | None = None, start: int = 0) -> Iterator[OpenSource]:
        body = self.get_bytes(uri)[start:]
        yield OpenSource(stream=io.BytesIO(body), bytes=len(body), version=version or "v1", pinned=True)
