"""Experiment records: an experiment and its arms in the ledger."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, RunId, TextBlock, TextLine
from rft.contracts.experiments.request import ExperimentRequest, Objective
from rft.contracts.http.patterns import SLUG
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunStatus

ExperimentId = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=SLUG)]

Conclusion = Literal["winner", "several_best", "no_difference_shown", "not_comparable"]


class ExperimentStatus(StrEnum):
    """An experiment's status; the last three are ends."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        return self in {ExperimentStatus.COMPLETED, ExperimentStatus.FAILED, ExperimentStatus.CANCELLED}


ArmStatus = Literal["planned", "running", "completed", "stopped", "failed", "skipped", "cancelled"]
"""`stopped`: by the stop rule; `skipped`: never started, for the budget or its preparation did not allow it;
`cancelled`: with the experiment, or by its budget."""

ARM_ENDED = frozenset({"completed", "stopped", "failed", "skipped", "cancelled"})


class Spending(Contract):
    """Resources that runs have used. `usd` is an estimate at the budget's usd_per_training_hour; None without one."""

    runs: int = 0
    training_hours: float = 0.0
    judge_calls: int = 0
    usd: float | None = 0.0


class Preparation(Contract):
    """A run without a job that prepares the rows and proves the grader of the arms that share them."""

    run_id: RunId
    status: RunStatus | None = Field(default=None, description="None before it was started.")
    spent: Spending = Spending(runs=0)


class ArmStop(Contract):
    """Why an arm must not continue, and what it then ends as."""

    status: ArmStatus
    reason: TextLine


class Arm(Contract):
    """An arm at the last check. `rungs`: the mean reward at each step at which it was compared."""

    name: str
    run_id: RunId
    preparation: int = Field(description="Which of the preparations its rows are from.")
    changes: dict[str, Any] = Field(description="What differs from the base request.")
    status: ArmStatus = "planned"
    reason: TextLine = ""
    stop: ArmStop | None = Field(
        default=None, description="Decided, and repeated until its run and job are stopped; then `status` says it."
    )
    run_status: RunStatus | None = None
    steps: int = 0
    reward: float | None = None
    rungs: dict[str, float] = Field(default_factory=dict)
    difference: float | None = None
    spent: Spending = Spending(runs=0)


class ArmStanding(Contract):
    """An arm's place. `interval`: 95 % for all arms at once; `p_behind_leader`: Bonferroni's over all pairs."""

    rank: int
    arm: str
    estimate: float
    interval: Interval | None
    rows: int
    p_behind_leader: float | None = Field(description="None for the leader, and where the two cannot be compared.")
    among_best: bool = Field(description="Not shown to be worse than the leader.")


class Leaderboard(Contract):
    """Evaluated arms, best first. `winner`: the leader is shown to be better than every other one."""

    objective: Objective
    conclusion: Conclusion
    arms: int = Field(description="Arms that were started: what intervals and p-values are corrected for.")
    standings: tuple[ArmStanding, ...]
    best: tuple[str, ...]
    simulated: bool = Field(default=False, description="Answers came from the emulator, not from Bedrock.")


class ExperimentFailure(Contract):
    """Why an experiment did not complete."""

    error: TextLine
    cause: TextBlock
    caller: Principal | None = None


class ExperimentRecord(Contract):
    """One experiment. `budget_reached` says which limit ended it, '' where none did."""

    experiment_id: ExperimentId
    name: str
    status: ExperimentStatus
    request: ExperimentRequest
    requested_by: Principal | None = None
    created_at: datetime
    updated_at: datetime
    execution_arn: str | None = None
    preparations: tuple[Preparation, ...]
    arms: tuple[Arm, ...]
    spent: Spending = Spending()
    budget_reached: TextLine = ""
    leaderboard: Leaderboard | None = None
    promotion_run_id: RunId | None = None
    failure: ExperimentFailure | None = None
    settled: bool = Field(
        default=False, description="It has ended, and so have all its runs with their executions and jobs."
    )
    version: int = Field(default=0, description="How often it was written; guards against lost updates.")

    @property
    def run_ids(self) -> list[str]:
        """Of all runs that the experiment may have started."""
        return [*(each.run_id for each in self.preparations), *(arm.run_id for arm in self.arms)]
