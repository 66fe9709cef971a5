"""What a run takes of AWS besides training, by formula: looks, transitions, events, requests, US dollars. Pure.

Reads the state machine as it is deployed, so that a state more in the loop is a state more here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rft.contracts.prices import PriceTable
from rft.forecast.prices import LIST_PRICES
from rft.training.deadline import CLOSE_WATCH_HOURS

MACHINE: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "statemachine" / "train_model.asl.json").read_text("utf-8")
)
LOOP = ("WaitForTraining", "CheckTraining", "TrainingEnded?")
BEFORE = (
    "StartFrom?",
    "PrepareDataset",
    "FitsOneFunction?",
    "JudgeNeeded?",
    "SmokeTestGrader",
    "AllProbesSent?",
    "GraderTrusted?",
    "CalibrationNeeded?",
    "ForecastRun",
    "Affordable?",
    "PreflightOnly?",
    "ApprovalNeeded?",
    "StartTraining",
    "JobStarted?",
)
AFTER = ("EvaluationNeeded?", "WriteReport", "RecordOutcome", "HowDidItEnd?", "Succeeded")
"""A run that completes, of a dataset that one function prepares, whose grader one function tests, without
approval, calibration and evaluation."""

EVENTS = {"Task": 5, "Token": 6, "Wait": 2, "Choice": 2, "Succeed": 2}
"""Entered and exited; for a task also scheduled, started and succeeded, and submitted where it waits for a token."""
EXECUTION_EVENTS = 2
"""ExecutionStarted, ExecutionSucceeded."""

GROWTH = 1.5
API_REQUESTS = 10
"""One to start the run, some to read it."""


@dataclass(frozen=True)
class Polling:
    """The stack's parameters PollInitialSeconds and PollMaxSeconds, and the cap of a job's first 72 hours."""

    initial: int = 60
    most: int = 1800
    close: int = 360

    def waits(self, hours: float) -> Iterator[int]:
        """The waits before each poll of a job of `hours` hours, in seconds; at worst polling itself takes no time."""
        wait, waited, longest = self.initial, 0.0, self.close
        while waited < hours * 3600:
            yield wait
            waited += wait
            wait = min(math.ceil(wait * GROWTH), longest)
            longest = self.close if waited < CLOSE_WATCH_HOURS * 3600 else self.most

    def polls(self, hours: float) -> int:
        """Polls of a job of `hours` hours; the last one finds it ended."""
        return sum(1 for _ in self.waits(hours))


@dataclass(frozen=True)
class Counts:
    """What one run takes. `invocations` are those of steps: the graders' are training's and the smoke test's own."""

    polls: int
    transitions: int
    events: int
    invocations: int


def counts(polls: int) -> Counts:
    """Of a run that completes at its so-many-th look.

    A transition is a state entered; Step Functions also charges the start of an execution as one, and so does this.
    """
    states = [*BEFORE, *LOOP * polls, *AFTER]
    kinds = [kind_of(MACHINE["States"][name]) for name in states]
    return Counts(
        polls=polls,
        transitions=len(states) + 1,
        events=EXECUTION_EVENTS + sum(EVENTS[kind] for kind in kinds),
        invocations=kinds.count("Task") + kinds.count("Token"),
    )


def kind_of(state: Mapping[str, Any]) -> str:
    """A state's kind, as EVENTS has it."""
    return "Token" if state.get("Resource", "").endswith(".waitForTaskToken") else str(state["Type"])


@dataclass(frozen=True)
class ServicePrices:
    """US dollars, list prices on demand, us-east-1, without free tiers, for what LIST_PRICES does not name."""

    as_of: str
    source: str
    transition: float
    ledger_write: float
    ledger_read: float
    s3_write: float
    s3_read: float
    log_gb: float
    trace: float
    api_request: float


SERVICE_PRICES = ServicePrices(
    as_of=LIST_PRICES.as_of,
    source=(
        "AWS's public list prices for us-east-1: Step Functions (Standard) and CloudWatch Logs as AWS's pages and "
        "price guides of 2026 give them; DynamoDB (on demand), S3 (Standard), X-Ray and API Gateway (HTTP API) as last "
        "published, not looked up again"
    ),
    transition=25.00 / 1e6,
    ledger_write=0.625 / 1e6,
    ledger_read=0.125 / 1e6,
    s3_write=5.00 / 1e6,
    s3_read=0.40 / 1e6,
    log_gb=0.50,
    trace=5.00 / 1e6,
    api_request=1.00 / 1e6,
)


@dataclass(frozen=True)
class Step:
    """One function in a run: how often it runs, its memory and how long one invocation takes."""

    name: str
    invocations: int
    megabytes: int
    seconds: float

    @property
    def gb_seconds(self) -> float:
        return self.invocations * self.megabytes / 1024 * self.seconds


WAIT_SECONDS = 0.5
"""Beginning one wait: one write, in a process that is warm from six minutes before."""

POLL_SECONDS = 1.5
"""One look, with room: 30 ms of a core's time were measured in a warm process, and 0.7 s in a new one, which is what
half an hour later there mostly is; 1,024 MB have 0.58 of a core."""


def measured_steps(amounts: Counts) -> tuple[Step, ...]:
    """The functions of a run of some thousand records: seconds are generous roundings up of what `make bench` shows.

    The smoke test waits for its grader, and is nearly all of it.
    """
    return (
        Step("PrepareDataset", 1, 3538, 10.0),
        Step("SmokeTestGrader", 1, 512, 120.0),
        Step("ForecastRun", 1, 256, 6.0),
        Step("StartTraining", 1, 512, 4.0),
        Step("WaitForTraining", amounts.polls, 256, WAIT_SECONDS),
        Step("CheckTraining", amounts.polls, 1024, POLL_SECONDS),
        Step("WriteReport", 1, 1769, 10.0),
        Step("RecordOutcome", 1, 256, 6.0),
        Step("Api", API_REQUESTS, 1769, 0.3),
    )


LEDGER_KB = 24
"""Max size of a run's record with its curves; written whole at each poll, as DynamoDB charges an item's size."""
WAIT_KB = 2
"""An item with a task token, which may have 2,048 characters (Step Functions API Reference, SendTaskSuccess)."""
LEDGER_WRITES_OUTSIDE = 24
"""Transitions and their events, each in a transaction that counts double, and the index entries."""
LOG_BYTES_PER_TRANSITION = 1_500
LOG_BYTES_PER_INVOCATION = 2_500
"""Lambda's own START, END and REPORT as JSON, and our one or two lines."""


def control_plane_usd(
    amounts: Counts,
    steps: Sequence[Step],
    *,
    prices: PriceTable = LIST_PRICES,
    services: ServicePrices = SERVICE_PRICES,
) -> Mapping[str, float]:
    """By part, without training, judge and graders. Raises ValueError where the price of Lambda is unknown."""
    if prices.lambda_gb_second is None or prices.lambda_million_requests is None:
        raise ValueError("the price table does not say what Lambda costs")
    invocations = sum(step.invocations for step in steps)
    logged = amounts.transitions * LOG_BYTES_PER_TRANSITION + invocations * LOG_BYTES_PER_INVOCATION
    writes = amounts.polls * (LEDGER_KB + WAIT_KB) + LEDGER_WRITES_OUTSIDE * 2
    reads = (amounts.polls * 3 + 2 * amounts.invocations) * math.ceil(LEDGER_KB / 4)
    return {
        "Step Functions": amounts.transitions * services.transition,
        "Lambda": invocations * prices.lambda_million_requests / 1e6
        + sum(step.gb_seconds for step in steps) * prices.lambda_gb_second,
        "DynamoDB": writes * services.ledger_write + reads * services.ledger_read,
        "S3": (amounts.polls + 20) * services.s3_write + (amounts.polls + 20) * services.s3_read,
        "logs": logged / 1e9 * services.log_gb,
        "traces": (invocations + 1) * services.trace,
        "API": API_REQUESTS * services.api_request,
    }
