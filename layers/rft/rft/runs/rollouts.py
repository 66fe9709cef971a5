"""Where rollout objects are and how they are written: `runs/<run_id>/rollouts/<time>-<random>.jsonl.gz`.

The time stands first so that a listing from a key onwards gives what was written since. Graders' clocks may differ by
a few seconds, and a write takes up to two: a reader that must miss nothing looks back a little.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from datetime import datetime

from rft.contracts.telemetry import Rollout

FAST = 1
"""gzip's level: rows are alike, so more effort saves little and costs the grader time."""


def rollouts_prefix(run_id: str) -> str:
    """Where all rollouts of a run are."""
    return f"runs/{run_id}/rollouts/"


def rollouts_key(run_id: str, at: datetime, token: str) -> str:
    """The key of one object. `at` is in UTC; `token` keeps apart what is written in the same microsecond."""
    return f"{rollouts_prefix(run_id)}{at:%Y%m%dT%H%M%S.%fZ}-{token}.jsonl.gz"


def pack(rollouts: Iterable[Rollout]) -> bytes:
    """An object's body."""
    lines = "".join(f"{rollout.model_dump_json()}\n" for rollout in rollouts)
    return gzip.compress(lines.encode(), FAST, mtime=0)


def unpack(body: bytes) -> Iterator[Rollout]:
    """The rows of an object, in the order of the batch. Raises ValueError for anything else."""
    for line in gzip.decompress(body).splitlines():
        yield Rollout.model_validate_json(line)
