"""Reading raw datasets and counting their tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")


@dataclass(frozen=True)
class OpenSource:
    """A dataset being read: `stream` yields bytes once; `version` is S3's version id or an ETag, where there is one.

    Where it is `pinned`, the very same bytes can be opened again by that version, from any byte on.
    """

    stream: BinaryIO
    bytes: int | None
    version: str | None
    pinned: bool = False


class DatasetSource(Protocol):
    """Reads raw datasets from where requests may point."""

    def open(self, uri: str, version: str | None = None, start: int = 0) -> AbstractContextManager[OpenSource]:
        """Open for one pass, from byte `start` on; `version` is an S3 version id, None the newest.

        Raises InvalidRequest (address not allowed), DatasetNotFound, DatasetSizeOutOfBounds.
        """
        ...


class Workers(Protocol):
    """The processor's cores."""

    def map(self, work: Callable[[Input], Result], inputs: Iterable[Input]) -> Iterator[Result]:
        """`work` of each input, in their order, on all cores; inputs are taken little further ahead than results.

        What `work` raises is raised here. Inputs and results are handed over between processes, so they are data.
        """
        ...


class Tokenizer(Protocol):
    """Counts tokens; `encoding` names how."""

    @property
    def encoding(self) -> str: ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text, in order."""
        ...
