"""How objects are joined into one inside S3: which bytes it copies, and which must be carried because they are few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MIN_PART_BYTES = 5 * 2**20
"""Each part of a multipart upload but the last has min this many bytes (Amazon S3 multipart upload limits)."""

MAX_COPY_BYTES = 5 * 2**30
"""Max bytes of one UploadPartCopy."""


@dataclass(frozen=True)
class ByteRange:
    """Bytes `start` to `end` of one object, by its number among those to be joined."""

    piece: int
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


def copy_parts(sizes: Sequence[int]) -> Iterator[list[ByteRange]]:
    """The parts of the upload. A part of one byte_range that is long enough is copied; all others are carried."""
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
