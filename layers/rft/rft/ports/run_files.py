"""The files of a run, for callers who may not read the data bucket themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class RunFile:
    """A file under `runs/<run_id>/`: its name from there on, its size, and S3's ETag."""

    name: str
    bytes: int
    etag: str


class RunFiles(Protocol):
    """A run's folder in the data bucket."""

    def after(self, run_id: str, name: str, *, most: int) -> Sequence[RunFile]:
        """Up to `most` (1000) files named later than `name`, in order; '' is before all.

        Raises RetryableThrottling, RetryableServiceError.
        """
        ...

    def link(self, run_id: str, name: str, *, seconds: int) -> str:
        """A URL for reading the file without credentials, valid for `seconds`."""
        ...
