from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.metrics import Reading
from rft.ports.training import StoredRollouts
from rft.training import rollouts
from rft.training.rollouts import (
    MAX_SEEN,
    is_rollouts,
    moved_on,
    pack,
    rollouts_key,
    rollouts_prefix,
    unpack,
    unread,
)
from tests.kit.records import RUN_ID
from tests.kit.rollouts import group

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def name(at: datetime, part: str = "0") -> str:
    return rollouts_key(RUN_ID, at, part).removeprefix(rollouts_prefix(RUN_ID))


def stored(*names: str, size: int = 1) -> list[StoredRollouts]:
    return [StoredRollouts(each, size) for each in names]


def test_rows_survive_packing() -> None:
    rows = group(0.5, None, 1.0)
    assert list(unpack(pack(rows))) == rows


@pytest.mark.parametrize(
    "body", [b"", b"no", gzip.compress(b"{}\n"), pack(group(0.5))[:-9]], ids=["empty", "text", "no rows", "cut off"]
)
def test_an_object_without_rollouts_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  pydantic's own is one too
        list(unpack(body))


def test_an_object_that_unpacks_to_more_than_a_batch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollouts, "MAX_UNPACKED", 1000)
    with pytest.raises(ValueError, match="1000 bytes"):
        list(unpack(gzip.compress(b"\n" * 10_000)))


@pytest.mark.parametrize(
    "other", ["", "manifest.json", "20261120T120000.000000Z-a.jsonl", "20261399T120000.000000Z-a.jsonl.gz"]
)
def test_an_invalid_object_name_is_none(other: str) -> None:
    assert is_rollouts(name(START))
    assert not is_rollouts(other)


@given(data=st.data())
def test_late_and_unordered_objects_are_read_once(data: st.DataObject) -> None:
    """Graders write at some moment by their clock; an object can be seen up to half a minute after that."""
    count = data.draw(st.integers(1, 30))
    named = sorted(data.draw(st.lists(st.floats(0, 600), min_size=count, max_size=count)))
    seen_at = [at + data.draw(st.floats(0, 29)) for at in named]
    names = [name(START + timedelta(seconds=at), f"{number:x}") for number, at in enumerate(named)]
    objects = dict(zip(names, seen_at, strict=True))
    reading, read = Reading(), list[str]()
    for poll in [*sorted(data.draw(st.lists(st.floats(0, 600), max_size=10))), 700.0]:
        listed = stored(*sorted(each for each, seen in objects.items() if seen <= poll and each > reading.floor))
        new = unread(listed, reading)
        assert all(objects[each] <= poll for each in new)
        read += new
        reading = moved_on(reading, new, now=START + timedelta(seconds=poll))
    assert sorted(read) == sorted(objects)


def test_a_poll_reads_bounded_bytes_and_at_least_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollouts, "MAX_BATCH_BYTES", 10)
    assert unread(stored("a", "b", "c", size=4), Reading()) == ["a", "b"]
    assert unread(stored("a", "b", size=11), Reading()) == ["a"]
    assert unread(stored("a", "b", "c", size=4), Reading(seen=("a",))) == ["b", "c"]


def test_the_list_of_seen_objects_is_bounded() -> None:
    names = [name(START + timedelta(milliseconds=number)) for number in range(500)]
    reading = moved_on(Reading(), names, now=START + timedelta(minutes=1))
    assert list(reading.seen) == names[-MAX_SEEN:]
    assert reading.floor == names[-MAX_SEEN - 1]


def test_an_object_name_in_the_future_hides_no_other() -> None:
    reading = moved_on(Reading(), [name(START + timedelta(days=365))], now=START)
    assert reading.floor < name(START)
    assert len(reading.seen) == 1


def test_reading_never_goes_back() -> None:
    reading = moved_on(Reading(), [name(START)], now=START)
    late = moved_on(reading, [name(START - timedelta(seconds=20))], now=START)
    assert late.floor == reading.floor
    assert moved_on(late, [], now=START) == late
