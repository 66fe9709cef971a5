"""Plans the concatenation of S3 objects: which ranges S3 copies, and which small ones are uploaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MIN_PART_BYTES = 5 * 2**20
"""Minimum size of every part of a multipart upload but the last (Amazon S3 multipart upload limits)."""

MAX_COPY_BYTES = 5 * 2**30
"""Maximum bytes of one UploadPartCopy."""


@dataclass(frozen=True)
class ByteRange:
    """Bytes `start` to `end` of one object, identified by its index."""

    piece: int
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


def copy_parts(sizes: Sequence[int]) -> Iterator[list[ByteRange]]:
    """The parts of the upload. A part that is one sufficiently long range is copied; all others are uploaded."""
    part: list[ByteRange] = []
    for piece, size in enumerate(sizes):
        at = 0
        if part and size:
            at = min(MIN_PART_BYTES - sum(map(len, part)), size)
            part.append(ByteRange(piece, 0, at))
        if part and sum(map(len, part)) >= MIN_PART_BYTES:
            yield part
            part = []
        while size - at >= MIN_PART_BYTES:
            end = min(at + MAX_COPY_BYTES, size)
            yield [ByteRange(piece, at, end)]
            at = end
        if at < size:
            part.append(ByteRange(piece, at, size))
    if part:
        yield part
