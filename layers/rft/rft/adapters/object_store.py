"""The data bucket on S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import IncompleteReadError, ResponseStreamingError

from rft.adapters.aws_errors import translated
from rft.errors import DatasetNotFound, DatasetSizeOutOfBounds, RetryableServiceError, RftError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

MISSING: dict[str, type[RftError]] = dict.fromkeys(
    ("NoSuchKey", "NoSuchBucket", "NoSuchVersion", "AccessDenied", "403", "404"), DatasetNotFound
)
"""S3 answers AccessDenied for a missing key too, where the role may not list the bucket."""


@contextmanager
def reading(uri: str) -> Iterator[None]:
    """Classify what can go wrong while an object's body streams in."""
    try:
        with translated(MISSING, about=uri):
            yield
    except (IncompleteReadError, ResponseStreamingError) as error:
        raise RetryableServiceError(f"S3 broke off while {uri} was read: {error}") from error


NO_SUCH = ("NoSuchKey", "404")


class _Missing(RftError):
    """There is no such object."""


class S3ObjectStore:
    """Implements ports.ObjectStore."""

    def __init__(self, s3: S3Client, *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def uri(self, key: str) -> str:
        """The URI of a key in the data bucket."""
        return f"s3://{self._bucket}/{key}"

    def put_file(self, uri: str, path: str) -> None:
        """Upload by stream, in parts where the file is large."""
        # upload_fileobj lets ClientError through; upload_file would wrap it into one without a code.
        with Path(path).open("rb") as file, translated():
            self._s3.upload_fileobj(file, *_bucket_and_key(uri))

    def put_bytes(self, uri: str, body: bytes) -> None:
        """Write a small object."""
        bucket, key = _bucket_and_key(uri)
        with translated():
            self._s3.put_object(Bucket=bucket, Key=key, Body=body)

    def get_bytes(self, uri: str) -> bytes:
        """Read a small object."""
        with reading(uri):
            return self._get(uri)["Body"].read()

    def find_bytes(self, uri: str, *, most: int) -> bytes | None:
        """Read a small object, if it is there."""
        try:
            with translated(dict.fromkeys(NO_SUCH, _Missing)), reading():
                body = self._get(uri)["Body"].read(most + 1)
        except _Missing:
            return None
        if len(body) > most:
            raise DatasetSizeOutOfBounds(f"{uri} is larger than {most:,} bytes")
        return body

    def lines(self, uri: str) -> Iterator[bytes]:
        """Stream an object line by line."""
        with reading(uri):
            yield from self._get(uri)["Body"].iter_lines()

    def _get(self, uri: str) -> GetObjectOutputTypeDef:
        bucket, key = _bucket_and_key(uri)
        return self._s3.get_object(Bucket=bucket, Key=key)


def _bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
