"""The waits between polls of a job, and the events they leave: Step Functions keeps 25,000 of an execution."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

import pytest

from rft.contracts.ledger import QueuePlace
from rft.contracts.run_request import RunRequest
from rft.evaluation.split_rows import parts
from rft.training.queue import overdue, wait_seconds
from tests.kit.cost_model import EVENTS, LOOP, kind_of
from tests.kit.project import STATES, TEMPLATE
from tests.statemachine.machine import SHORTEST_WAIT, SUBSTITUTIONS, waits

EXECUTION_EVENTS = 2  # ExecutionStarted, ExecutionSucceeded
HISTORY_LIMIT = 25_000
"""Step Functions Developer Guide, quotas: execution event history size."""

MAX_EVENTS = 20_000
"""Of a run of 240 hours, with its hours in the queue, an hour of deployment, and a fifth of its polls retried."""

START = datetime(2026, 11, 20, tzinfo=UTC)
DEPLOYMENT_POLLS = 120
PART_EVENTS = 7
"""MapIterationStarted and -Succeeded, and those of a task."""
RETRY_EVENTS = 3
"""TaskFailed, TaskScheduled, TaskStarted."""


def queue_tries(hours: float) -> int:
    """How often a run that no event wakes tries to get its job."""
    now, tries = START, 0
    place = QueuePlace(since=START, expires_at=START + timedelta(hours=hours))
    while not overdue(place, now):
        tries, now = tries + 1, now + timedelta(seconds=wait_seconds(place, now))
    return tries


def events(hours: float, *, retried: float = 0.0, deployment_polls: int = 1, queued: float = 0.0) -> int:
    polls = sum(1 for _ in waits(hours))
    repeated = {
        **dict.fromkeys(LOOP, polls),
        **dict.fromkeys(("WaitForDeployment", "CheckDeployment", "DeploymentActive?"), deployment_polls),
        **dict.fromkeys(("StartTraining", "JobStarted?", "WaitForQuota"), 1 + queue_tries(queued)),
    }
    each = {name: EVENTS.get(kind_of(state), 0) for name, state in STATES.items()}
    return (
        EXECUTION_EVENTS
        + sum(count * repeated.get(name, 1) for name, count in each.items())
        + int(polls * retried) * RETRY_EVENTS
    )


def test_the_wait_starts_short_and_grows_by_half_up_to_six_minutes() -> None:
    assert list(waits(1))[:7] == [60, 90, 135, 203, 305, 360, 360]


def test_every_wait_is_a_whole_number_of_seconds() -> None:
    assert all(float(seconds).is_integer() and seconds > 0 for seconds in waits(24))


def test_the_breaker_reads_rollouts_every_six_minutes_for_72_hours() -> None:
    longest = max(later - earlier for earlier, later in pairwise(accumulate(waits(72))))
    assert longest <= 360


def test_after_72_hours_the_wait_grows_to_half_an_hour() -> None:
    assert list(waits(80))[-2:] == [1800, 1800]


def test_72_hours_leave_at_most_10000_events() -> None:
    """13 events a poll: 723 polls, 9,399 events, and those outside the loop."""
    assert sum(1 for _ in waits(72)) == 723
    assert events(72) <= 10_000


def test_240_hours_with_queue_and_retries_leave_at_most_20000_events() -> None:
    queued = RunRequest.model_fields["max_queue_hours"].default
    assert events(240, retried=1 / 5, deployment_polls=DEPLOYMENT_POLLS, queued=queued) <= MAX_EVENTS


def test_the_largest_evaluation_fits_the_longest_runs_history_too() -> None:
    largest = RunRequest.model_validate(
        {
            "name": "largest",
            "dataset": {"task": "pandalm", "uri": "s3://data-bucket/rows.json"},
            "evaluation": {"rows": 5000, "samples_per_row": 8},
        }
    )
    queued = RunRequest.model_fields["max_queue_hours"].default
    evaluated = PART_EVENTS * len(parts(largest, 5000))
    without = events(240, deployment_polls=DEPLOYMENT_POLLS, queued=queued)
    assert without + evaluated <= HISTORY_LIMIT * 0.9


def test_a_queued_run_retries_at_least_every_15_minutes() -> None:
    assert queue_tries(72) == 295


def test_the_history_holds_the_longest_run_at_the_shortest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = next(m.le for m in RunRequest.model_fields["max_training_hours"].metadata if hasattr(m, "le"))
    for name in SUBSTITUTIONS:
        monkeypatch.setitem(SUBSTITUTIONS, name, str(TEMPLATE["Parameters"][name]["MinValue"]))
    assert events(longest, retried=1 / 3, deployment_polls=DEPLOYMENT_POLLS) <= MAX_EVENTS
    queued = next(m.le for m in RunRequest.model_fields["max_queue_hours"].metadata if hasattr(m, "le"))
    assert events(longest, deployment_polls=DEPLOYMENT_POLLS, queued=queued) <= HISTORY_LIMIT


def test_the_shortest_wait_matches_the_template() -> None:
    assert TEMPLATE["Parameters"]["PollInitialSeconds"]["MinValue"] == SHORTEST_WAIT
