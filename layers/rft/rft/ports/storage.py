"""The data bucket, the time and messages to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a function loads only the contracts that its own step uses
    from rft.contracts.outbound.topic_messages import TopicMessage


class ObjectStore(Protocol):
    """The data bucket. All URIs are `s3://bucket/key`."""

    def uri(self, key: str) -> str:
        """The URI of a key in the data bucket."""
        ...

    def put_stream(self, uri: str, chunks: Iterable[bytes]) -> None:
        """Write an object from a stream; it replaces an existing one only when complete."""
        ...

    def join(self, uri: str, pieces: Sequence[str]) -> None:
        """Write the concatenation of other objects of the bucket; replaces an existing one. Raises DatasetNotFound."""
        ...

    def put_bytes(self, uri: str, body: bytes) -> None:
        """Write a small object; replaces an existing one."""
        ...

    def get_bytes(self, uri: str) -> bytes:
        """Read a small object. Raises DatasetNotFound."""
        ...

    def find_bytes(self, uri: str, *, most: int) -> bytes | None:
        """Read a small object of up to `most` bytes, None where there is none.

        Raises DatasetNotFound (it may not be read), DatasetSizeOutOfBounds.
        """
        ...

    def lines(self, uri: str) -> Iterator[bytes]:
        """Stream an object line by line, without line ends. Raises DatasetNotFound."""
        ...


class Clock(Protocol):
    """Wall time."""

    def now(self) -> datetime:
        """The time in UTC, with time zone."""
        ...


class Notifier(Protocol):
    """Sends messages to the outcome topic."""

    @property
    def ends(self) -> frozenset[str]:
        """Statuses with which runs end that are announced, where a request says nothing else."""
        ...

    def publish(self, message: TopicMessage) -> None:
        """Send one message; its subject is cut to 100 characters (SNS's limit).

        A message whose notice was sent is not sent again. Raises RetryableServiceError while another is sending it,
        RetryableThrottling.
        """
        ...
