from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.adapters.multipart_concat import MAX_COPY_BYTES, MIN_PART_BYTES, copy_parts
from rft.adapters.object_store import S3ObjectStore
from rft.errors import DatasetNotFound

MIB = 2**20
SIZES = st.lists(st.integers(0, 3 * MIN_PART_BYTES) | st.just(MAX_COPY_BYTES + 1), max_size=12)


@given(SIZES)
def test_parts_cover_every_byte_once_in_order(sizes: list[int]) -> None:
    at = dict.fromkeys(range(len(sizes)), 0)
    before = 0
    for part in copy_parts(sizes):
        for byte_range in part:
            assert byte_range.piece >= before
            assert byte_range.start == at[byte_range.piece] < byte_range.end
            before, at[byte_range.piece] = byte_range.piece, byte_range.end
    assert list(at.values()) == sizes


@given(SIZES)
def test_only_the_last_part_is_below_the_minimum_and_no_copy_is_large(sizes: list[int]) -> None:
    found = list(copy_parts(sizes))
    for part in found[:-1]:
        assert sum(map(len, part)) >= MIN_PART_BYTES
    for part in found:
        assert len(part) == 1 or sum(map(len, part)) <= MIN_PART_BYTES
        assert all(len(byte_range) <= MAX_COPY_BYTES for byte_range in part)


@pytest.mark.parametrize(
    "sizes", [[], [0], [10, 0, 20], [6 * MIB, 7 * MIB, 100], [3 * MIB, 9 * MIB, 2 * MIB, 1, 8 * MIB], [100, 6 * MIB]]
)
def test_a_joined_object_is_the_concatenation_of_its_pieces(store: S3ObjectStore, sizes: list[int]) -> None:
    bodies = [bytes([65 + at]) * size for at, size in enumerate(sizes)]
    pieces = [store.uri(f"shards/a/{at}") for at in range(len(sizes))]
    for uri, body in zip(pieces, bodies, strict=True):
        store.put_bytes(uri, body)
    store.join(store.uri("joined"), pieces)
    assert store.get_bytes(store.uri("joined")) == b"".join(bodies)


@pytest.mark.parametrize("sizes", [[6 * MIB, 7 * MIB, 100], [3 * MIB, 9 * MIB, 2 * MIB], [100, 6 * MIB]])
def test_all_parts_of_a_joined_object_carry_the_checksum_of_its_upload(sizes: list[int]) -> None:
    s3: Any = ChecksumRules(sizes)
    S3ObjectStore(s3, bucket="data-bucket").join(
        "s3://data-bucket/joined", [f"s3://b/{at}" for at in range(len(sizes))]
    )
    assert s3.completed


class ChecksumRules:
    """S3's rules for checksums of parts, with botocore's default of sending CRC32 with each part that is uploaded."""

    def __init__(self, sizes: list[int]) -> None:
        self._sizes = sizes
        self._algorithm: str | None = None
        self._parts: list[dict[str, Any]] = []
        self.completed = False

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"ContentLength": self._sizes[int(Key)]}

    def get_object(self, *, Bucket: str, Key: str, Range: str) -> dict[str, Any]:  # noqa: N803
        first, last = Range.removeprefix("bytes=").split("-")
        return {"Body": io.BytesIO(b"x" * (int(last) - int(first) + 1))}

    def create_multipart_upload(self, *, ChecksumAlgorithm: str | None = None, **_: Any) -> dict[str, Any]:  # noqa: N803
        self._algorithm = ChecksumAlgorithm
        return {"UploadId": "upload"}

    def upload_part(self, *, PartNumber: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        return self._part(PartNumber, {"ChecksumCRC32": f"crc{PartNumber}"})

    def upload_part_copy(self, *, PartNumber: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        own = {"ChecksumCRC32": f"crc{PartNumber}"} if self._algorithm == "CRC32" else {}
        return {"CopyPartResult": self._part(PartNumber, own)}

    def complete_multipart_upload(self, *, MultipartUpload: dict[str, Any], **_: Any) -> None:  # noqa: N803
        assert MultipartUpload["Parts"] == self._parts
        checksums = ["ChecksumCRC32" in part for part in self._parts]
        assert all(checksums) if self._algorithm else not any(checksums), "InvalidPart"
        self.completed = True

    def abort_multipart_upload(self, **_: Any) -> None:
        """Nothing is stored here."""

    def _part(self, number: int, checksum: dict[str, str]) -> dict[str, Any]:
        self._parts.append({"PartNumber": number, "ETag": f"etag{number}", **checksum})
        return {"ETag": f"etag{number}", **checksum}


def test_a_missing_piece_leaves_no_object(store: S3ObjectStore) -> None:
    store.put_bytes(store.uri("one"), b"x" * 6 * MIB)
    with pytest.raises(DatasetNotFound):
        store.join(store.uri("joined"), [store.uri("one"), store.uri("none")])
    with pytest.raises(DatasetNotFound):
        store.get_bytes(store.uri("joined"))
