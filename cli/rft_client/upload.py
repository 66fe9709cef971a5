"""A dataset on this machine on its way to the data bucket."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rft_client.errors import RftClientError

DIGEST_DIGITS = 16
"""Hex digits of the content's digest in a key: the same file has one place, another file never takes it."""


@dataclass(frozen=True)
class LocalDataset:
    """A file that can be read, and the key it gets.

    Not under `uploads/`: a file that lands there starts a run by itself.
    """

    path: Path
    key: str
    size: int

    def uri(self, bucket: str) -> str:
        return f"s3://{bucket}/{self.key}"

    def upload(self, s3: Any, bucket: str) -> None:
        """Put the file there. Raises RftClientError; botocore's errors where S3 refuses."""
        try:
            with self.path.open("rb") as file:
                s3.put_object(Bucket=bucket, Key=self.key, Body=file)
        except OSError as error:
            raise unreadable_file(self.path, error) from error


def is_local(uri: str) -> bool:
    """Whether a dataset's address is a path on this machine."""
    return "://" not in uri


def local_dataset(path: Path, task: str) -> LocalDataset:
    """Read the file's digest and size. Raises RftClientError unless it can be read and holds something."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        raise unreadable_file(path, error) from error
    if size == 0:
        raise RftClientError(f"{path} is empty")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.name)  # Bedrock's pattern for URIs, and ours, take no more
    return LocalDataset(path, f"datasets/{task}/{digest[:DIGEST_DIGITS]}/{name}", size)


def unreadable_file(path: Path, error: OSError, *, verb: str = "read") -> RftClientError:
    return RftClientError(f"Cannot {verb} {path}: {error.strerror or error}")
