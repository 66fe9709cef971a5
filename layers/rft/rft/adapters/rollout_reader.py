"""Reads rollouts from the data bucket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rft.adapters.aws_errors import translated
from rft.adapters.object_store import reading
from rft.contracts.telemetry import Rollout
from rft.errors import DatasetNotFound
from rft.grading.private_text import PrivateText
from rft.observability import logger
from rft.ports.training import StoredRollouts
from rft.training.rollouts import is_rollouts, rollouts_prefix, unpack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_A_TIME = 8
"""Concurrent reads: objects are small, so latency dominates."""


class S3RolloutReader:
    """Implements ports.RolloutReader. Without `shows_text`, exception messages are removed from error reasons."""

    def __init__(self, client: S3Client, *, bucket: str, shows_text: bool = False) -> None:
        self._client, self._bucket, self._shows_text = client, bucket, shows_text

    def after(self, run_id: str, name: str, *, most: int) -> list[StoredRollouts]:
        prefix = rollouts_prefix(run_id)
        with translated(about=prefix):
            page = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=prefix + name, MaxKeys=most
            )
        found = [(item["Key"].removeprefix(prefix), item["Size"]) for item in page.get("Contents", [])]
        return [StoredRollouts(name, size) for name, size in found if is_rollouts(name)]

    def read(self, run_id: str, names: Sequence[str]) -> Iterator[Sequence[Rollout] | None]:
        """Reads several objects concurrently; stops when the caller stops iterating."""
        prefix = rollouts_prefix(run_id)
        pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="rollouts")
        try:
            for name, body in zip(names, pool.map(self._body, (prefix + name for name in names)), strict=True):
                rows = _rows(name, body)
                yield rows if rows is None or self._shows_text else [_without_text(row) for row in rows]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _body(self, key: str) -> bytes | None:
        try:
            with reading(key):
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except DatasetNotFound:
            return None


def _without_text(row: Rollout) -> Rollout:
    # The stored object still has the exception's message.
    if row.error_reason is None:
        return row
    return row.model_copy(update={"error_reason": PrivateText(trusted=True).reason(row.error_reason)})


def _rows(name: str, body: bytes | None) -> Sequence[Rollout] | None:
    try:
        return None if body is None else list(unpack(body))
    except ValueError as error:
        logger().warning("an object holds no rollouts", extra={"object": name, "error": type(error).__name__})
        return None
