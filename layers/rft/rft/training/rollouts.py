"""Names and format of rollout objects: `runs/<run_id>/rollouts/<time>-<random>.jsonl.gz`. Pure.

The time comes first so that a listing from a key onwards gives newer objects. Graders' clocks may differ by
a few seconds, and a write takes up to two, so an object may appear before an existing one: a reader lists
objects younger than OVERLAP again, and reads the new ones.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rft.contracts.telemetry import Rollout

if TYPE_CHECKING:  # graders write objects and never read them
    from rft.contracts.metrics import Reading
    from rft.ports.training import StoredRollouts

FAST = 1
"""gzip's level: rows are alike, so more effort saves little and costs the grader time."""


OVERLAP = timedelta(seconds=30)
"""How much later than its name says an object may turn up and still be read."""

LIST_PAGE_SIZE = 1000
"""Objects that one look lists: S3 gives no more in an answer."""

MAX_BATCH_BYTES = 32 * 2**20
"""Of packed rollouts that one look reads."""

MAX_SEEN = 200
"""Names remembered. Where more is written within OVERLAP, what turns up late has less time."""

MAX_UNPACKED = 32 * 2**20
"""Bytes of an object's rows. A batch has max 6 MB (Lambda's payload): larger objects were not written by a grader."""

_NAME = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)-[0-9a-z]+\.jsonl\.gz")


def rollouts_prefix(run_id: str) -> str:
    return f"runs/{run_id}/rollouts/"


def rollouts_key(run_id: str, at: datetime, token: str) -> str:
    """The key of one object. `at` is in UTC; `token` separates objects of the same microsecond."""
    return f"{rollouts_prefix(run_id)}{name_at(at)}-{token}.jsonl.gz"


def pack(rollouts: Iterable[Rollout]) -> bytes:
    """An object's body."""
    lines = "".join(f"{rollout.model_dump_json()}\n" for rollout in rollouts)
    return gzip.compress(lines.encode(), FAST, mtime=0)


def unpack(body: bytes) -> Iterator[Rollout]:
    """The rows of an object, in the order of the batch. Raises ValueError for anything else."""
    if not body:
        raise ValueError("an empty object")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            rows = stream.read(MAX_UNPACKED + 1)
    except (OSError, EOFError) as error:
        raise ValueError(f"not gzip: {error}") from error
    if len(rows) > MAX_UNPACKED:
        raise ValueError(f"more than {MAX_UNPACKED} bytes of rows")
    for line in rows.splitlines():
        yield Rollout.model_validate_json(line)


def is_rollouts(name: str) -> bool:
    """Whether an object's name, after the run's prefix, is one that `rollouts_key` makes."""
    found = _NAME.fullmatch(name)
    try:
        return bool(found and _time(found[1]))
    except ValueError:
        return False


def unread(listed: Sequence[StoredRollouts], reading: Reading) -> list[str]:
    """Names of unread objects, oldest first, up to MAX_BATCH_BYTES."""
    new = [stored for stored in listed if stored.name not in reading.seen]
    names: list[str] = []
    total = 0
    for stored in new:
        total += stored.size
        if names and total > MAX_BATCH_BYTES:
            break
        names.append(stored.name)
    return names


def moved_on(reading: Reading, read: Iterable[str], *, now: datetime) -> Reading:
    """The position after `read`. A name with a future time does not hide objects before it."""
    seen = sorted({*reading.seen, *read})
    if not seen:
        return reading
    newest = min(seen[-1][: len(name_at(now))], name_at(now))
    floor = max(reading.floor, name_at(_time(newest) - OVERLAP))
    after = [name for name in seen if name > floor]
    newest_names = after[-MAX_SEEN:]
    if len(after) > len(newest_names):
        floor = after[-len(newest_names) - 1]
    return reading.model_copy(update={"floor": floor, "seen": tuple(newest_names)})


def written_at(name: str) -> datetime:
    """When the object of a name that `is_rollouts` accepts was written, UTC."""
    return _time(name.partition("-")[0])


_MOMENT = "%Y%m%dT%H%M%S.%fZ"


def name_at(at: datetime) -> str:
    """Sorts before the names of objects that are written at `at` (UTC) or later, and after all older ones."""
    return at.strftime(_MOMENT)


def _time(moment: str) -> datetime:
    return datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)
