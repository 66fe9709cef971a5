from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.ledger import RunStatus
from rft.errors import InvalidRequest, RunNotFound
from rft.steps.api import list_rollouts as module
from rft.steps.api.list_rollouts import RolloutFilter, list_rollouts
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.records import RUN_ID, add_run
from tests.kit.rollouts import AT, rollout


def ledger() -> MemoryLedger:
    stored = MemoryLedger(FixedClock())
    add_run(stored, RunStatus.TRAINING)
    return stored


def stored(sizes: list[int | None]) -> tuple[MemoryRollouts, list[str]]:
    """Objects of these numbers of rollouts, None for one without, and the ids of all."""
    reader, ids = MemoryRollouts(), []
    for number, size in enumerate(sizes):
        rows = None if size is None else [rollout(0.5, id=f"{number}-{n}") for n in range(size)]
        reader.put(RUN_ID, AT + timedelta(seconds=number), rows)
        ids += [each.id for each in rows or ()]
    return reader, ids


def read_all(reader: MemoryRollouts, limit: int, accepted: RolloutFilter = RolloutFilter()) -> tuple[list[str], int]:  # noqa: B008
    found, unreadable, cursor, runs = list[str](), 0, None, ledger()
    for _ in range(1000):
        page = list_rollouts(run_id=RUN_ID, accepted=accepted, limit=limit, cursor=cursor, ledger=runs, reader=reader)
        assert len(page.rollouts) <= limit
        found += [each.id for each in page.rollouts]
        unreadable += page.unreadable
        cursor = page.cursor
        if cursor is None:
            return found, unreadable
    raise AssertionError("the list never ends")


@given(st.lists(st.none() | st.integers(0, 7), max_size=12), st.integers(1, 9))
def test_pages_of_any_size_give_every_rollout_once_and_in_order(sizes: list[int | None], limit: int) -> None:
    reader, ids = stored(sizes)
    assert read_all(reader, limit)[0] == ids


def test_more_objects_than_one_page_reads_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OBJECTS", 3)
    reader, ids = stored([2, None, 1, 1, 1, 1, 1])
    assert read_all(reader, 100) == (ids, 1)


def test_a_page_stays_below_lambdas_response_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ANSWER_CHARACTERS", 10)
    reader = MemoryRollouts()
    reader.put(RUN_ID, AT, [rollout(0.5, id=str(n), answer="x" * 6) for n in range(5)])
    page = list_rollouts(
        run_id=RUN_ID, accepted=RolloutFilter(), limit=100, cursor=None, ledger=ledger(), reader=reader
    )
    assert len(page.rollouts) == 2
    assert read_all(reader, 100)[0] == list("01234")


@pytest.mark.parametrize(
    ("accepted", "ids"),
    [
        ({"split": "validation"}, ["v"]),
        ({"task_id": "u"}, ["u"]),
        ({"errors": True}, ["e"]),
        ({"errors": False}, ["0", "u", "v", "1"]),
        ({"min_score": 0.5}, ["v", "1"]),
        ({"max_score": 0.4}, ["0", "u"]),
        ({"min_score": 0.0, "max_score": 1.0}, ["0", "u", "v", "1"]),
    ],
)
def test_only_rollouts_that_match_every_filter_are_listed(accepted: dict[str, Any], ids: list[str]) -> None:
    reader = MemoryRollouts()
    rows = [
        rollout(0.0, id="0"),
        rollout(0.4, id="u", task="u"),
        rollout(None, id="e"),
        rollout(0.5, id="v", split="validation"),
        rollout(1.0, id="1"),
    ]
    reader.put(RUN_ID, AT, rows)
    assert read_all(reader, 2, RolloutFilter(**accepted))[0] == ids


@pytest.mark.parametrize("cursor", ["", "~", "x~1", "../../etc~0", "20261120T120000.000000Z-a.jsonl.gz~-1"])
def test_an_invalid_cursor_is_refused(cursor: str) -> None:
    reader, _ = stored([1])
    with pytest.raises(InvalidRequest, match="cursor"):
        list_rollouts(run_id=RUN_ID, accepted=RolloutFilter(), limit=1, cursor=cursor, ledger=ledger(), reader=reader)


def test_an_unknown_run_has_no_rollouts() -> None:
    with pytest.raises(RunNotFound):
        list_rollouts(
            run_id="nobody-20261120t120000-1a2b3c4d",
            accepted=RolloutFilter(),
            limit=1,
            cursor=None,
            ledger=ledger(),
            reader=MemoryRollouts(),
        )
