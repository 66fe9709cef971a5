"""Rollouts out of the data bucket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rft.adapters.aws_errors import translated
from rft.adapters.object_store import reading
from rft.contracts.telemetry import Rollout
from rft.errors import DatasetNotFound
from rft.observability import logger
from rft.ports.training import StoredRollouts
from rft.training.rollouts import is_rollouts, rollouts_prefix, unpack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_A_TIME = 8
"""Objects under way at once: each is small, and waiting is all there is to reading it."""


class S3RolloutReader:
    """Implements ports.RolloutReader."""

    def __init__(self, client: S3Client, *, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def after(self, run_id: str, name: str, *, most: int) -> list[StoredRollouts]:
        """One listing."""
        prefix = rollouts_prefix(run_id)
        with translated(about=prefix):
            page = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=prefix + name, MaxKeys=most
            )
        found = [(item["Key"].removeprefix(prefix), item["Size"]) for item in page.get("Contents", [])]
        return [StoredRollouts(name, size) for name, size in found if is_rollouts(name)]

    def read(self, run_id: str, names: Sequence[str]) -> Iterator[Sequence[Rollout] | None]:
        """Several at a time; who stops taking them ends the reading."""
        prefix = rollouts_prefix(run_id)
        pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="rollouts")
        try:
            for name, body in zip(names, pool.map(self._body, (prefix + name for name in names)), strict=True):
                yield _rows(name, body)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _body(self, key: str) -> bytes | None:
        try:
            with reading(key):
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except DatasetNotFound:
            return None


def _rows(name: str, body: bytes | None) -> Sequence[Rollout] | None:
    try:
        return None if body is None else list(unpack(body))
    except ValueError as error:
        logger().warning("an object holds no rollouts", extra={"object": name, "error": type(error).__name__})
        return None
