from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.ledger import RunStatus
from rft.errors import InvalidRequest
from rft.runs.records import RunFilter, from_cursor, list_position, revised, to_cursor
from tests.kit.records import run_record

moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, moments)
def test_positions_sort_by_time(one: datetime, other: datetime) -> None:
    earlier, later = (list_position(run_record(at=moment)) for moment in sorted((one, other)))
    assert earlier <= later
    assert (earlier == later) == (one == other)


@given(moments, st.integers(min_value=-12, max_value=12))
def test_positions_do_not_depend_on_time_zones(moment: datetime, hours: int) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    assert list_position(run_record(at=elsewhere)) == list_position(run_record(at=moment))


@given(moments)
def test_cursors_are_read_back(moment: datetime) -> None:
    place = list_position(run_record(at=moment))
    assert from_cursor(to_cursor(place)) == place


@given(st.text(max_size=60))
def test_any_other_text_is_an_invalid_cursor(word: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        from_cursor(word)


def test_a_change_is_checked_as_a_whole() -> None:
    record = run_record()
    later = record.updated_at + timedelta(hours=1)
    changed = revised(record, {"grader_arn": "arn:g"}, at=later)
    assert (changed.grader_arn, changed.updated_at, changed.request) == ("arn:g", later, record.request)
    with pytest.raises(ValueError, match="model_arn"):
        revised(record, {"model_arn": 7}, at=later)


def test_a_filter_combines_all_its_parts() -> None:
    record = run_record(tags={"team": "search"})
    assert RunFilter().passes(record)
    assert RunFilter(RunStatus.PENDING, "pandalm-judge", ("team", "search")).passes(record)
    assert not RunFilter(status=RunStatus.FAILED).passes(record)
    assert not RunFilter(name="pandalm").passes(record)
    assert not RunFilter(tag=("team", "ads")).passes(record)
    assert not RunFilter(tag=("owner", "search")).passes(record)
