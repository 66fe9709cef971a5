"""Upload of a local dataset file to the data bucket."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rft_client.errors import RftClientError

DIGEST_DIGITS = 16
"""Hex digits of the content's SHA-256 in the key: equal files share a key, different files do not."""


@dataclass(frozen=True)
class LocalDataset:
    """A readable file and its key in the bucket.

    The key is not under `uploads/`, because uploads there start runs.
    """

    path: Path
    key: str
    size: int

    def uri(self, bucket: str) -> str:
        return f"s3://{bucket}/{self.key}"

    def upload(self, s3: Any, bucket: str) -> None:
        """Uploads the file. Raises RftClientError, and botocore errors if the upload fails."""
        try:
            with self.path.open("rb") as file:
                s3.put_object(Bucket=bucket, Key=self.key, Body=file)
        except OSError as error:
            raise unreadable_file(self.path, error) from error


def is_local(uri: str) -> bool:
    """Whether a dataset's URI is a local path."""
    return "://" not in uri


def local_dataset(path: Path, task: str) -> LocalDataset:
    """Reads the file's digest and size. Raises RftClientError if it is unreadable or empty."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        raise unreadable_file(path, error) from error
    if size == 0:
        raise RftClientError(f"{path} is empty")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.name)  # allowed by Bedrock's pattern for URIs and the API's
    return LocalDataset(path, f"datasets/{task}/{digest[:DIGEST_DIGITS]}/{name}", size)


def unreadable_file(path: Path, error: OSError, *, verb: str = "read") -> RftClientError:
    return RftClientError(f"Cannot {verb} {path}: {error.strerror or error}")
