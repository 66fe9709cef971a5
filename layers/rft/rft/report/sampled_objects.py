"""Selects the rollout objects that a report reads: all of a small run, a sample of a large one. Takes ports.

Object names begin with a timestamp, so a listing can start at any time of the run: the number of listings does not
depend on the number of objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from rft.ports.training import RolloutReader
from rft.training.rollouts import LIST_PAGE_SIZE, name_at, written_at

MAX_OBJECTS = 2_000
"""Maximum objects to read: some 100,000 rollouts, a few seconds."""
PARTS = 40
"""Number of equal time intervals; the first MAX_OBJECTS / PARTS objects of each are read."""
LONGEST = timedelta(days=30)
"""Upper bound of a run's duration: training takes up to 240 hours, and a stopped job's grader may still write."""
PRECISION = timedelta(seconds=1)
MAX_LISTINGS = MAX_OBJECTS // LIST_PAGE_SIZE + 1 + PARTS + 22
"""22 bisections of LONGEST reach PRECISION."""


@dataclass(frozen=True)
class SampledObjects:
    """Names of objects, oldest first; `total` is the number of all objects, None if they were not counted."""

    names: tuple[str, ...]
    total: int | None


def sampled_objects(run_id: str, reader: RolloutReader) -> SampledObjects:
    """At most MAX_OBJECTS names from at most MAX_LISTINGS listings. Raises the Retryable… errors."""
    first = tuple(islice(_oldest(run_id, reader), MAX_OBJECTS + 1))
    if len(first) <= MAX_OBJECTS:
        return SampledObjects(first, len(first))
    begin = written_at(first[0])
    part = (_end(run_id, begin, reader) - begin) / PARTS
    names = [name for number in range(PARTS) for name in _of_part(run_id, begin + number * part, part, reader)]
    return SampledObjects(tuple(names), None)


def _oldest(run_id: str, reader: RolloutReader) -> Iterator[str]:
    last = ""
    while page := reader.after(run_id, last, most=LIST_PAGE_SIZE):
        yield from (stored.name for stored in page)
        last = page[-1].name


def _end(run_id: str, begin: datetime, reader: RolloutReader) -> datetime:
    """Time of the last object, overestimated by less than one interval."""
    low, high = begin, begin + LONGEST
    while high - low > max((low - begin) / PARTS, PRECISION):
        middle = low + (high - low) / 2
        if reader.after(run_id, name_at(middle), most=1):
            low = middle
        else:
            high = middle
    return high


def _of_part(run_id: str, begin: datetime, part: timedelta, reader: RolloutReader) -> Iterator[str]:
    for stored in reader.after(run_id, name_at(begin), most=MAX_OBJECTS // PARTS):
        if stored.name < name_at(begin + part):
            yield stored.name
