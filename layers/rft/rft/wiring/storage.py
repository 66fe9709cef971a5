"""Ports backed by the data bucket."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rft.settings import ReplySettings, StorageSettings, TelemetrySettings
from rft.wiring.clients import cached_client, clock

if TYPE_CHECKING:
    from rft.ports.grading import RolloutLog
    from rft.ports.run_files import RunFiles
    from rft.ports.storage import ObjectStore
    from rft.ports.training import RolloutReader


@cache
def object_store() -> ObjectStore:
    from rft.adapters.object_store import S3ObjectStore

    return S3ObjectStore(cached_client("s3"), bucket=StorageSettings.from_environment().data_bucket)


@cache
def run_files() -> RunFiles:
    from rft.adapters.run_files import S3RunFiles

    return S3RunFiles(cached_client("s3"), bucket=StorageSettings.from_environment().data_bucket)


@cache
def rollout_log() -> RolloutLog | None:
    from rft.adapters.rollout_log import S3RolloutLog

    settings = TelemetrySettings.from_environment()
    if not settings.data_bucket:
        return None
    # One short attempt, because the grader's caller waits.
    client = cached_client("s3", attempts=1, connect_timeout=1, read_timeout=1)
    return S3RolloutLog(client, bucket=settings.data_bucket, keeps_answers=settings.capture_answers, clock=clock())


@cache
def rollout_reader() -> RolloutReader:
    from rft.adapters.rollout_reader import AT_A_TIME, S3RolloutReader

    # Few short retries, because the next poll reads what failed.
    client = cached_client("s3", attempts=3, connect_timeout=2, read_timeout=5, connections=AT_A_TIME)
    shows_text = ReplySettings.from_environment().capture_answers
    return S3RolloutReader(client, bucket=StorageSettings.from_environment().data_bucket, shows_text=shows_text)
