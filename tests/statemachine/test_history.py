"""The waits between looks at a job, and the events they leave: Step Functions keeps 25,000 of an execution."""

from __future__ import annotations

import pytest

from rft.contracts.run_request import RunRequest
from tests.kit.project import STATES, TEMPLATE
from tests.statemachine.machine import SUBSTITUTIONS, waits

EVENTS = {"Task": 5, "Wait": 2, "Choice": 2, "Succeed": 2}
"""Entered and exited, and for a task also scheduled, started and succeeded."""

LOOP = ("WaitForTraining", "CheckTraining", "TrainingEnded?")
EXECUTION_EVENTS = 2  # ExecutionStarted, ExecutionSucceeded
HISTORY_LIMIT = 25_000
"""Step Functions Developer Guide, quotas: execution event history size."""


def events(hours: float) -> int:
    per_poll = sum(EVENTS[STATES[name]["Type"]] for name in LOOP)
    outside = sum(EVENTS.get(state["Type"], 0) for name, state in STATES.items() if name not in LOOP)
    return EXECUTION_EVENTS + outside + per_poll * sum(1 for _ in waits(hours))


def test_the_wait_starts_short_and_grows_by_half_up_to_its_cap() -> None:
    first = list(waits(4))[:11]
    assert first == [60, 90, 135, 203, 305, 458, 687, 1031, 1547, 1800, 1800]


def test_every_wait_is_a_whole_number_of_seconds() -> None:
    assert all(float(seconds).is_integer() and seconds > 0 for seconds in waits(24))


def test_72_hours_leave_at_most_1500_events() -> None:
    """9 events a look; 9 short waits, then one each 1800 s: 151 looks, 1,359 events, and those outside the loop."""
    assert sum(1 for _ in waits(72)) == 151
    assert events(72) <= 1_500


def test_the_history_holds_the_longest_run_at_the_shortest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = next(m.le for m in RunRequest.model_fields["max_training_hours"].metadata if hasattr(m, "le"))
    for name in SUBSTITUTIONS:
        monkeypatch.setitem(SUBSTITUTIONS, name, str(TEMPLATE["Parameters"][name]["MinValue"]))
    assert events(longest) * 1.5 <= HISTORY_LIMIT, "half as much again is kept for retries"
