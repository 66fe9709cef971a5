"""The data bucket, the time and messages to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol


class ObjectStore(Protocol):
    """The data bucket. All URIs are `s3://bucket/key`."""

    def uri(self, key: str) -> str:
        """The URI of a key in the data bucket."""
        ...

    def put_stream(self, uri: str, chunks: Iterable[bytes]) -> None:
        """Write an object as its bytes come; replaces what was there once all have come, and does nothing before."""
        ...

    def join(self, uri: str, pieces: Sequence[str]) -> None:
        """Write an object that is others of the bucket end to end; replaces what was there. Raises DatasetNotFound."""
        ...

    def put_bytes(self, uri: str, body: bytes) -> None:
        """Write a small object; replaces what was there."""
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
    """Tells people."""

    def publish(self, notice: str, subject: str, message: Mapping[str, Any]) -> None:
        """Send one message; `subject` is cut to 100 characters (SNS's limit).

        `notice` names the occasion, such as `outcome/<run id>`: who comes with one that was sent sends nothing. Raises
        RetryableServiceError while another is sending it, RetryableThrottling.
        """
        ...
