"""Names and format of rollout objects: `runs/<run_id>/rollouts/<time>-<random>.jsonl.gz`. Pure.

The time prefix lets a listing from a key onwards return newer objects. Because graders' clocks differ by seconds and a
write takes up to two, an object may appear before an existing one in name order: a reader lists objects younger than
OVERLAP again and reads the new ones.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rft.contracts.telemetry import Rollout

if TYPE_CHECKING:  # graders write objects but never read positions
    from rft.contracts.metrics import Reading
    from rft.ports.training import StoredRollouts

FAST = 1
"""gzip level: rows are similar, so a higher level saves little and costs the grader time."""


OVERLAP = timedelta(seconds=30)
"""How long after the time in its name an object may appear and still be read."""

LIST_PAGE_SIZE = 1000
"""Objects listed per poll: S3's maximum per response."""

MAX_BATCH_BYTES = 32 * 2**20
"""Maximum compressed bytes read per poll."""

MAX_SEEN = 200
"""Maximum number of remembered names. If more are written within OVERLAP, late objects have less time."""

MAX_UNPACKED = 32 * 2**20
"""Maximum bytes of an object's rows. A batch is limited to 6 MB (Lambda's payload), so larger objects are foreign."""

_NAME = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)-[0-9a-z]+\.jsonl\.gz")


def rollouts_prefix(run_id: str) -> str:
    return f"runs/{run_id}/rollouts/"


def rollouts_key(run_id: str, at: datetime, token: str) -> str:
    """The key of one object. `at` is in UTC; `token` disambiguates objects of the same microsecond."""
    return f"{rollouts_prefix(run_id)}{name_at(at)}-{token}.jsonl.gz"


def pack(rollouts: Iterable[Rollout]) -> bytes:
    lines = "".join(f"{rollout.model_dump_json()}\n" for rollout in rollouts)
    return gzip.compress(lines.encode(), FAST, mtime=0)


def unpack(body: bytes) -> Iterator[Rollout]:
    """Decodes the rows of an object, in batch order. Raises ValueError for invalid content."""
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
    """Whether a name, relative to the run's prefix, has the format of `rollouts_key`."""
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
    """The position after reading `read`."""
    seen = sorted({*reading.seen, *read})
    if not seen:
        return reading
    # A name with a future time does not hide objects before it.
    newest = min(seen[-1][: len(name_at(now))], name_at(now))
    floor = max(reading.floor, name_at(_time(newest) - OVERLAP))
    after = [name for name in seen if name > floor]
    newest_names = after[-MAX_SEEN:]
    if len(after) > len(newest_names):
        floor = after[-len(newest_names) - 1]
    return reading.model_copy(update={"floor": floor, "seen": tuple(newest_names)})


def written_at(name: str) -> datetime:
    """Time of writing in the name of an object, in UTC; requires `is_rollouts`."""
    return _time(name.partition("-")[0])


_MOMENT = "%Y%m%dT%H%M%S.%fZ"


def name_at(at: datetime) -> str:
    """A name that sorts before all objects written at `at` (UTC) or later, and after all older ones."""
    return at.strftime(_MOMENT)


def _time(moment: str) -> datetime:
    return datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)
