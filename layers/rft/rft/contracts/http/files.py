"""Responses of the API about a run's rollouts and files."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from rft.contracts.base import Contract, RunId
from rft.contracts.telemetry import Rollout


class RolloutPage(Contract):
    """Rollouts that pass all filters, in the order in which they were graded.

    A page may have few rollouts or none although more follow: only a null cursor marks the end.
    """

    run_id: RunId
    rollouts: tuple[Rollout, ...]
    unreadable: int = Field(description="Objects in the folder that contain no rollouts.")
    cursor: str | None = Field(description="Cursor of the next page; null on the last one.")


class RunFileLink(Contract):
    """One file. Anybody with `url` can read it without credentials, until `expires_at` at the latest."""

    name: str = Field(description="From the run's folder on, such as `dataset/manifest.json`.")
    bytes: int
    etag: str = Field(description="S3's; the MD5 of the bytes for files that were written in one piece.")
    url: str
    expires_at: datetime


class RunFileList(Contract):
    """A run's files in order of name."""

    run_id: RunId
    files: tuple[RunFileLink, ...]
    cursor: str | None = Field(description="Cursor of the next page; null on the last one.")
