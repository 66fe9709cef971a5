"""Divides a file into parts that hold whole records, and reads the records of one part.

JSON Lines: a part ends after a line. Array: a part ends before a comma between two records. Bytes alone cannot tell
such a comma from one in a string or nested array, so candidates are found by the first record's first key and then
verified: a part that starts at a true border and parses completely ends at a true border, and the first part starts at
the file's beginning. If all parts parse, all borders are therefore true; a part that does not parse raises an error and
never yields wrong rows.
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
"""Opens the file at a byte offset."""


class Borders:
    """Finds positions at which a file can be divided. Raises DatasetInvalid if its beginning is not a dataset."""

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
        """Roughly equal parts of a file of `size` bytes; fewer than `count` if borders are far apart."""
        starts = sorted({0, *(self._next(size * number // count, size) for number in range(1, count))} - {size})
        ends = [*starts[1:], size]
        return tuple(
            Shard(number=number, start=start, end=end, last=end == size)
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        )

    def _next(self, byte: int, size: int) -> int:
        """The first border at or after a byte offset; the file's end if there is none."""
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
    """Chunks as a readable stream, fetched lazily."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def read(self, _size: int) -> bytes:
        return next(self._chunks, b"")


class ShardReader:
    """Reads the records of one part. Positions, lines and bytes in problems are relative to the part."""

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
        """Makes a part of an array a valid array: replaces its leading comma by a bracket and appends one."""
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
