"""Writes rollouts to the data bucket."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from rft.adapters.aws_errors import translated
from rft.adapters.object_tags import tagging
from rft.contracts.telemetry import Rollout
from rft.ports.storage import Clock
from rft.training.rollouts import pack, rollouts_key


class S3RolloutLog:
    """One put per object. `client` must have short timeouts and no retries, because the grader's caller is waiting."""

    def __init__(self, client: Any, *, bucket: str, keeps_answers: bool, clock: Clock) -> None:
        self._client, self._bucket, self._clock = client, bucket, clock
        self.keeps_answers = keeps_answers

    def write(self, run_id: str, rollouts: Sequence[Rollout]) -> None:
        key = rollouts_key(run_id, self._clock.now(), secrets.token_hex(4))
        with translated():
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=pack(rollouts), ContentType="application/gzip", **tagging(key)
            )
