"""Port to a run's files, for API callers without access to the data bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class RunFile:
    """A file under `runs/<run_id>/`: its path relative to that folder, its size, and its S3 ETag."""

    name: str
    bytes: int
    etag: str


class RunFiles(Protocol):
    def after(self, run_id: str, name: str, *, most: int) -> Sequence[RunFile]:
        """Returns up to `most` (max 1000) files with names after `name`, in order; '' starts at the first.

        Raises RetryableThrottling, RetryableServiceError.
        """
        ...

    def link(self, run_id: str, name: str, *, seconds: int) -> str:
        """Returns a presigned URL for reading the file, valid for `seconds`."""
        ...
