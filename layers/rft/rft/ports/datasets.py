"""Ports to read raw datasets and to count tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")


@dataclass(frozen=True)
class OpenSource:
    """A dataset being read. `stream` yields its bytes once; `version` is an S3 version id or an ETag, if available.

    If it is `pinned`, the same bytes can be reopened by that version from any offset.
    """

    stream: BinaryIO
    bytes: int | None
    version: str | None
    pinned: bool = False


class DatasetSource(Protocol):
    """Reads raw datasets from the locations that requests may name."""

    def open(self, uri: str, version: str | None = None, start: int = 0) -> AbstractContextManager[OpenSource]:
        """Opens the source for one pass from byte `start`; `version` is an S3 version id, None for the latest.

        Raises InvalidRequest (URI not allowed), DatasetNotFound, DatasetSizeOutOfBounds.
        """
        ...


class Workers(Protocol):
    def map(self, work: Callable[[Input], Result], inputs: Iterable[Input]) -> Iterator[Result]:
        """Applies `work` to each input in parallel; yields results in input order and prefetches few inputs.

        Reraises exceptions of `work`. Inputs and results cross process boundaries, so they must be picklable.
        """
        ...


class Tokenizer(Protocol):
    """Counts tokens; `encoding` names the vocabulary."""

    @property
    def encoding(self) -> str: ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens in each text, in order."""
        ...
