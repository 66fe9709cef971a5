"""Formulas for a run's AWS usage besides training: polls, transitions, events, requests, US dollars. Pure.

They use the deployed state machine, so that an additional state in the loop is counted.
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
"""States of a completed run with the dataset prepared and the grader tested by one function each, without approval,
calibration and evaluation."""

EVENTS = {"Task": 5, "Token": 6, "Wait": 2, "Choice": 2, "Succeed": 2}
"""History events per state: entered, exited; for tasks also scheduled, started, succeeded, with a token submitted."""
EXECUTION_EVENTS = 2
"""ExecutionStarted, ExecutionSucceeded."""

GROWTH = 1.5
API_REQUESTS = 10
"""API requests per run: one to start it, the rest to read it."""


@dataclass(frozen=True)
class Polling:
    """The stack's parameters PollInitialSeconds and PollMaxSeconds, and the maximum during a job's first 72 hours."""

    initial: int = 60
    most: int = 1800
    close: int = 360

    def waits(self, hours: float) -> Iterator[int]:
        """Yield the wait before each poll of a job, in seconds; assumes the worst case that polls take no time."""
        wait, waited, longest = self.initial, 0.0, self.close
        while waited < hours * 3600:
            yield wait
            waited += wait
            wait = min(math.ceil(wait * GROWTH), longest)
            longest = self.close if waited < CLOSE_WATCH_HOURS * 3600 else self.most

    def polls(self, hours: float) -> int:
        """Return the number of polls of a job that takes `hours`; the last one finds it ended."""
        return sum(1 for _ in self.waits(hours))


@dataclass(frozen=True)
class Counts:
    """Counts of one run. `invocations` are those of steps, without graders."""

    polls: int
    transitions: int
    events: int
    invocations: int


def counts(polls: int) -> Counts:
    """Return the counts of a run that completes at poll number `polls`.

    A transition is a state entered; as in Step Functions' pricing, the start of an execution counts as one.
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
    """Return a state's key in EVENTS."""
    return "Token" if state.get("Resource", "").endswith(".waitForTaskToken") else str(state["Type"])


@dataclass(frozen=True)
class ServicePrices:
    """On-demand list prices in US dollars for us-east-1, without free tiers, of services not in LIST_PRICES."""

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
    """One function of a run: invocations, memory in MB, and seconds per invocation."""

    name: str
    invocations: int
    megabytes: int
    seconds: float

    @property
    def gb_seconds(self) -> float:
        return self.invocations * self.megabytes / 1024 * self.seconds


WAIT_SECONDS = 0.5
"""Start of one wait: one write, in a process that is still warm after six minutes."""

POLL_SECONDS = 1.5
"""One poll, with margin: measured CPU time is 30 ms warm and 0.7 s cold, and after half an hour most are cold;
1,024 MB have 0.58 of a core."""


def measured_steps(amounts: Counts) -> tuple[Step, ...]:
    """Return the functions of a run with a few thousand records; seconds are measured by `make bench` and rounded up.

    The smoke test, which waits for its grader, accounts for most of the time.
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
"""Maximum size of a run's record with its curves; each poll is charged for the whole item."""
WAIT_KB = 2
"""Size of an item with a task token of up to 2,048 characters (Step Functions API Reference, SendTaskSuccess)."""
LEDGER_WRITES_OUTSIDE = 24
"""Writes of transitions and their events, doubled because they are transactional, and of index entries."""
LOG_BYTES_PER_TRANSITION = 1_500
LOG_BYTES_PER_INVOCATION = 2_500
"""START, END and REPORT as JSON, and one or two lines of the function."""


def control_plane_usd(
    amounts: Counts,
    steps: Sequence[Step],
    *,
    prices: PriceTable = LIST_PRICES,
    services: ServicePrices = SERVICE_PRICES,
) -> Mapping[str, float]:
    """Return dollars by part, without training, judge and graders. Raises ValueError if Lambda's price is unknown."""
    if prices.lambda_gb_second is None or prices.lambda_million_requests is None:
        raise ValueError("the price table has no price for Lambda")
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
