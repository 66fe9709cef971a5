from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.ledger import RunStatus
from rft.runs.status import FOLLOWERS, TERMINAL, may_follow, may_have_job, predecessors
from tests.kit.records import path_to

S = RunStatus
statuses = st.sampled_from(RunStatus)


def test_the_table_contains_every_status() -> None:
    assert set(FOLLOWERS) == set(RunStatus)
    assert {S.COMPLETED, S.FAILED, S.REJECTED, S.CANCELLED} == TERMINAL


@given(before=st.sampled_from(sorted(TERMINAL)), after=statuses)
def test_no_status_follows_a_terminal_one(before: RunStatus, after: RunStatus) -> None:
    assert not may_follow(before, after)


@given(wishes=st.lists(statuses, max_size=40))
def test_every_sequence_moves_forward_and_stops_at_its_end(wishes: list[RunStatus]) -> None:
    walk = [S.PENDING]
    for wish in wishes:
        if may_follow(walk[-1], wish):
            walk.append(wish)
    without_repeats = list(dict.fromkeys(walk))
    assert walk == sorted(walk, key=without_repeats.index), "a status was left and entered again"
    assert all(status not in TERMINAL for status in walk[:-1])


@pytest.mark.parametrize("status", list(RunStatus))
def test_every_status_is_reachable(status: RunStatus) -> None:
    assert path_to(status)[-1:] in ([status], [])


@given(status=statuses)
def test_every_run_without_a_model_can_fail_and_be_cancelled(status: RunStatus) -> None:
    if status not in TERMINAL | {S.EVALUATING}:
        assert {S.FAILED, S.CANCELLED} < FOLLOWERS[status]


def test_a_run_with_a_model_can_only_complete() -> None:
    assert FOLLOWERS[S.EVALUATING] == {S.COMPLETED}


@given(before=statuses, after=statuses)
def test_predecessors_are_the_inverse_of_the_table(before: RunStatus, after: RunStatus) -> None:
    assert (before in predecessors(after)) == may_follow(before, after)


@given(status=statuses)
def test_a_run_may_have_a_job_after_the_gate_or_the_end(status: RunStatus) -> None:
    assert may_have_job(status) == (status in TERMINAL or status in {S.STARTING, S.TRAINING, S.EVALUATING})
