"""## Waiting for a job

Requests and stored bytes of a run during its job, for jobs of 1, 24 and 72 hours, against the formulas of
tests/kit/cost_model.py. Time is simulated: the emulated Bedrock reports each job as InProgress for the number of polls
that such a job needs, and waits are a million times shorter. Events and invocations are counted in the execution's
history; requests are those of all functions, including smoke test and training. Dollars are calculated from list prices
(docs/cost.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.emulated import count_requests, history, requests, run
from benchmarks.ratios import Ratio, cost
from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.kit.cost_model import Polling, control_plane_usd, counts, measured_steps

HOURS = (1, 24, 72)
SPEED = 1_000_000.0
MAX_EVENTS, MAX_DOLLARS = 1_500, 0.10
NAMES = ("events", "looks", "invocations", "transitions")


@dataclass(frozen=True)
class Observed:
    """Counts from one run's execution history, and its requests to services."""

    hours: int
    events: int
    transitions: int
    invocations: int
    polls: int
    requests: int


def measure() -> list[Ratio]:
    """Compare measurements with the formulas, which are upper bounds."""
    with Emulator.start(EmulatorOptions(speed=SPEED, training_seconds=0.2, max_steps=2)) as aws:
        seen = [_seen(aws, hours) for hours in HOURS]
    return [ratio for each in seen for ratio in _ratios(each)]


def _seen(aws: Emulator, hours: int) -> Observed:
    aws.faults.clear()
    count_requests(aws)
    polls = Polling().polls(hours)  # StartTraining also polls once, before the first wait
    showing = {"service": "bedrock", "operation": "GetModelCustomizationJob", "effect": "show"}
    aws.faults.add(Fault.model_validate({**showing, "message": "InProgress", "count": polls}))
    before = requests(aws).total()
    run_id = run(aws, f"job-of-{hours}-h")
    events = history(aws, run_id)
    kinds = [event["type"] for event in events]
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("StateEntered")]
    return Observed(
        hours=hours,
        events=len(events),
        transitions=len(entered) + 1,
        invocations=kinds.count("TaskScheduled"),
        polls=entered.count("CheckTraining"),
        requests=requests(aws).total() - before,
    )


def _ratios(seen: Observed) -> Iterator[Ratio]:
    formula = counts(Polling().polls(seen.hours))
    what = f"{seen.hours} h job"
    for name in NAMES:
        ours, expected = float(getattr(seen, name)), float(getattr(formula, name))
        yield Ratio(f"{what}: {name}, against the formula", ours, expected, ours / expected, "", 1, "at most")
    yield cost(f"{what}: requests, against its looks", ours=seen.requests, baseline=seen.polls, unit="")
    if seen.hours == max(HOURS):
        dollars = sum(control_plane_usd(formula, measured_steps(formula)).values())
        yield cost(f"{what}: events, against {MAX_EVENTS:,}", ours=seen.events, baseline=MAX_EVENTS, bound=1, unit="")
        what = f"{what}: control plane, against {MAX_DOLLARS:.2f} USD"
        yield cost(what, ours=dollars, baseline=MAX_DOLLARS, bound=1, unit="USD")
