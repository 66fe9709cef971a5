"""The data bucket on S3."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import IncompleteReadError, ResponseStreamingError

from rft.adapters.aws_errors import translated
from rft.adapters.multipart_concat import MIN_PART_BYTES, ByteRange, copy_parts
from rft.adapters.object_tags import tagging
from rft.errors import DatasetNotFound, DatasetSizeOutOfBounds, RetryableServiceError, RftError

if TYPE_CHECKING:
    from boto3.s3.transfer import TransferConfig
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

MISSING: dict[str, type[RftError]] = dict.fromkeys(
    ("NoSuchKey", "NoSuchBucket", "NoSuchVersion", "InvalidArgument", "MethodNotAllowed", "AccessDenied", "403", "404"),
    DatasetNotFound,
)
"""Error codes of an unreadable object.

S3 returns AccessDenied also for a missing key if the role may not list the bucket, InvalidArgument for an invalid
version id, and MethodNotAllowed for a delete marker's version.
"""

PART_BYTES = 8 * 2**20
"""S3 accepts at most 10,000 parts per upload, each but the last at least 5 MiB: this size allows 80 GB."""


@contextmanager
def reading(uri: str) -> Iterator[None]:
    """Maps errors that occur while an object's body is streamed."""
    try:
        with translated(MISSING, about=uri):
            yield
    except (IncompleteReadError, ResponseStreamingError) as error:
        raise RetryableServiceError(f"S3 broke off while {uri} was read: {error}") from error


NO_SUCH = ("NoSuchKey", "404")


class _Missing(RftError):
    """The object does not exist."""


class S3ObjectStore:
    def __init__(self, s3: S3Client, *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def put_stream(self, uri: str, chunks: Iterable[bytes]) -> None:
        """Uploads parts as chunks arrive; an incomplete object never becomes visible."""
        # upload_fileobj lets ClientError propagate; upload_file would wrap it in an error without a code.
        with io.BufferedReader(_Chunks(chunks)) as stream, translated():
            self._s3.upload_fileobj(stream, *_bucket_and_key(uri), Config=_parts())

    def join(self, uri: str, pieces: Sequence[str]) -> None:
        """Copies ranges inside S3 that are long enough for a part; uploads the rest."""
        sizes = [self._size(piece) for piece in pieces]
        if sum(sizes) <= MIN_PART_BYTES:
            self.put_bytes(uri, b"".join(self.get_bytes(piece) for piece in pieces))
            return
        bucket, key = _bucket_and_key(uri)
        with translated():
            # CRC32 for all parts: botocore sends it with uploaded parts, and S3 rejects a mix of parts with and without
            # it.
            upload = self._s3.create_multipart_upload(Bucket=bucket, Key=key, ChecksumAlgorithm="CRC32")["UploadId"]
            target: dict[str, Any] = {"Bucket": bucket, "Key": key, "UploadId": upload}
            try:
                done: Any = [self._part(target, at, part, pieces) for at, part in enumerate(copy_parts(sizes), 1)]
                self._s3.complete_multipart_upload(**target, MultipartUpload={"Parts": done})
            except BaseException:
                self._s3.abort_multipart_upload(**target)
                raise

    def _part(
        self, target: dict[str, Any], number: int, part: list[ByteRange], pieces: Sequence[str]
    ) -> dict[str, Any]:
        """Adds a part to an upload; returns the ETag and checksums needed to complete it."""
        first = part[0]
        if len(part) == 1 and len(first) >= MIN_PART_BYTES:
            bucket, key = _bucket_and_key(pieces[first.piece])
            answer: Any = self._s3.upload_part_copy(
                **target,
                PartNumber=number,
                CopySource={"Bucket": bucket, "Key": key},
                CopySourceRange=f"bytes={first.start}-{first.end - 1}",
            )["CopyPartResult"]
        else:
            body = b"".join(self._bytes(pieces[each.piece], each) for each in part)
            answer = self._s3.upload_part(**target, PartNumber=number, Body=body)
        checksums = {key: answer[key] for key in answer if key.startswith("Checksum") and key != "ChecksumType"}
        return {"PartNumber": number, "ETag": answer["ETag"], **checksums}

    def _bytes(self, uri: str, byte_range: ByteRange) -> bytes:
        bucket, key = _bucket_and_key(uri)
        with reading(uri):
            found = self._s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={byte_range.start}-{byte_range.end - 1}")
            return found["Body"].read()

    def _size(self, uri: str) -> int:
        bucket, key = _bucket_and_key(uri)
        with reading(uri):
            return self._s3.head_object(Bucket=bucket, Key=key)["ContentLength"]

    def put_bytes(self, uri: str, body: bytes) -> None:
        bucket, key = _bucket_and_key(uri)
        with translated():
            self._s3.put_object(Bucket=bucket, Key=key, Body=body, **tagging(key))

    def get_bytes(self, uri: str) -> bytes:
        with reading(uri):
            return self._get(uri)["Body"].read()

    def find_bytes(self, uri: str, *, most: int) -> bytes | None:
        try:
            with reading(uri), translated(dict.fromkeys(NO_SUCH, _Missing)):
                body = self._get(uri)["Body"].read(most + 1)
        except _Missing:
            return None
        if len(body) > most:
            raise DatasetSizeOutOfBounds(f"{uri} is larger than {most:,} bytes")
        return body

    def lines(self, uri: str) -> Iterator[bytes]:
        with reading(uri):
            yield from self._get(uri)["Body"].iter_lines()

    def _get(self, uri: str) -> GetObjectOutputTypeDef:
        bucket, key = _bucket_and_key(uri)
        return self._s3.get_object(Bucket=bucket, Key=key)


def _parts() -> TransferConfig:
    from boto3.s3.transfer import TransferConfig  # noqa: PLC0415 - only uploads load it

    # Limits parts in memory: s3transfer's default of ten would take 80 MB.
    config = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=2)
    config.max_in_memory_upload_chunks = 3
    return config


class _Chunks(io.RawIOBase):
    """Chunks as a forward-only readable stream."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
