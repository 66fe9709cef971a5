"""Divides a file into parts that hold whole records, and reads the records of one part.

JSON Lines: a part ends after a line. An array: a part ends before a comma between two records. That a comma stands
there, and not in a text or in an array further inside, cannot be seen from the bytes around it: it is looked for by
the first record's first key, and then proven. A part that begins at a true border, and reads as records with nothing
left over, ends at a true border; the first part begins at the file's own beginning; so when all parts read, all
borders are true. A part that does not read is an error that says so: never rows that are not in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO

from rft.contracts.shards import Layout, Shard
from rft.datasets.records import CHUNK_BYTES, MAX_RECORD, RawRecord, SourceBytes, read_more_lines, read_records
from rft.errors import DatasetInvalid

_HEAD = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:(\[)\s*)?\{\s*("(?:[^"\\]|\\.)*")\s*:')
_HEAD_BYTES = 64 * 1024

OpenAt = Callable[[int], AbstractContextManager[BinaryIO]]
"""Opens the file at a byte."""


class Borders:
    """Finds where a file can be divided. Raises DatasetInvalid where its beginning is none of a dataset."""

    def __init__(self, open_at: OpenAt) -> None:
        self._open_at = open_at
        with open_at(0) as stream:
            head = _HEAD.match(stream.read(_HEAD_BYTES))
        if head is None:
            raise DatasetInvalid("the file does not begin with a record that has a key, so it cannot be divided")
        self.layout: Layout = "array" if head[1] else "lines"
        between_records = rb"\}\s*(?P<border>),\s*\{\s*" + re.escape(head[2]) + rb"\s*:"
        self._border = re.compile(between_records if head[1] else rb"\n(?P<border>)")

    def shards(self, size: int, count: int) -> tuple[Shard, ...]:
        """About equal parts of a file of `size` bytes; fewer than `count` where borders are far between."""
        starts = sorted({0, *(self._next(size * number // count, size) for number in range(1, count))} - {size})
        ends = [*starts[1:], size]
        return tuple(
            Shard(number=number, start=start, end=end, last=end == size)
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        )

    def _next(self, byte: int, size: int) -> int:
        """The first border from a byte on; the file's end where there is none."""
        seen = b""
        with self._open_at(byte) as stream:
            while len(seen) <= 2 * MAX_RECORD:
                chunk = stream.read(CHUNK_BYTES)
                if not chunk:
                    return size
                seen += chunk
                if found := self._border.search(seen):
                    return byte + found.start("border")
        raise DatasetInvalid(
            f"no border between two records was found in {len(seen):,} bytes from byte {byte} on, so the dataset "
            "cannot be divided: give it as JSON Lines, or with each record's keys in the same order"
        )


class _Readable:
    """Chunks as a stream, each read as it comes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def read(self, _size: int) -> bytes:
        return next(self._chunks, b"")


class ShardReader:
    """The records of one part. Positions, lines and bytes in problems count from the part's beginning."""

    def __init__(self, stream: BinaryIO, layout: Layout, shard: Shard) -> None:
        self._stream, self._layout, self._shard = stream, layout, shard
        self.lines = 0

    def __iter__(self) -> Iterator[RawRecord]:
        try:
            yield from self._records()
        except DatasetInvalid as error:
            place = f"in the part of the file from byte {self._shard.start} to byte {self._shard.end}"
            raise DatasetInvalid(
                f"{place} (where all counts begin): {error}. Unless the file itself is broken, a text in it looks "
                "like the border of two records: give the dataset as JSON Lines"
            ) from error

    def _records(self) -> Iterator[RawRecord]:
        if self._layout == "lines" and self._shard.number:
            return read_more_lines(self._chunks())
        return read_records(SourceBytes(_Readable(self._array() if self._layout == "array" else self._chunks())))

    def _array(self) -> Iterator[bytes]:
        """A part of an array as an array: its leading comma becomes a bracket, and one is added at its end."""
        chunks = self._chunks()
        if self._shard.number:
            yield b"[" + next(chunks, b",")[1:]
        yield from chunks
        if not self._shard.last:
            yield b"]"

    def _chunks(self) -> Iterator[bytes]:
        remaining = self._shard.end - self._shard.start
        while remaining and (chunk := self._stream.read(min(remaining, CHUNK_BYTES))):
            remaining -= len(chunk)
            self.lines += chunk.count(b"\n")
            yield chunk
