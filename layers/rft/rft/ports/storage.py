"""Ports to the data bucket, the clock and the outcome topic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # Steps import only the contracts they use, to keep cold starts short.
    from rft.contracts.outbound.topic_messages import TopicMessage


class ObjectStore(Protocol):
    """The data bucket. All URIs are `s3://bucket/key`."""

    def uri(self, key: str) -> str: ...

    def put_stream(self, uri: str, chunks: Iterable[bytes]) -> None:
        """Writes an object from a stream; an existing object is replaced only once the stream is complete."""
        ...

    def join(self, uri: str, pieces: Sequence[str]) -> None:
        """Writes the concatenation of other objects of the bucket, replacing the object. Raises DatasetNotFound."""
        ...

    def put_bytes(self, uri: str, body: bytes) -> None:
        """Writes a small object, replacing an existing one."""
        ...

    def get_bytes(self, uri: str) -> bytes:
        """Reads a small object into memory. Raises DatasetNotFound."""
        ...

    def find_bytes(self, uri: str, *, most: int) -> bytes | None:
        """Reads an object of up to `most` bytes; None if it does not exist.

        Raises DatasetNotFound (access denied), DatasetSizeOutOfBounds.
        """
        ...

    def lines(self, uri: str) -> Iterator[bytes]:
        """Streams an object line by line, without line endings. Raises DatasetNotFound."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, timezone-aware in UTC."""
        ...


class Notifier(Protocol):
    @property
    def ends(self) -> frozenset[str]:
        """Final statuses that are published by default, if the request does not set them."""
        ...

    def publish(self, message: TopicMessage) -> None:
        """Publishes one message, at most once per `notice`; the subject is truncated to 100 characters (SNS's limit).

        Raises RetryableThrottling, and RetryableServiceError while another caller is sending the same notice.
        """
        ...
