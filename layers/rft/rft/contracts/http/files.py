"""API responses about a run's rollouts and files."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from rft.contracts.base import Contract, RunId
from rft.contracts.telemetry import Rollout


class RolloutPage(Contract):
    """Rollouts that match all filters, in the order in which they were graded.

    A page may be short or empty although more pages follow; only a null cursor marks the end.
    """

    run_id: RunId
    rollouts: tuple[Rollout, ...]
    unreadable: int = Field(description="Objects in the folder that contain no rollouts.")
    cursor: str | None = Field(description="Cursor of the next page; null on the last one.")


class RunFileLink(Contract):
    """A presigned link to one file. Anyone with `url` can read it until `expires_at` at the latest."""

    name: str = Field(description="Path relative to the run's folder, such as `dataset/manifest.json`.")
    bytes: int
    etag: str = Field(description="S3 ETag; the MD5 of the content for files that were uploaded in one part.")
    url: str
    expires_at: datetime


class RunFileList(Contract):
    """A run's files, ordered by name."""

    run_id: RunId
    files: tuple[RunFileLink, ...]
    cursor: str | None = Field(description="Cursor of the next page; null on the last one.")
