"""The smoke test without AWS and without its load test: same plan, checks and findings as in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rft.adapters.clock import SystemClock
from rft.contracts.checks import Check
from rft.contracts.findings import GraderFinding
from rft.contracts.score_range import UNIT, ScoreBounds
from rft.contracts.thresholds import Thresholds
from rft.ports.grading import GraderReply, GraderVersion
from rft.smoke_test.findings import findings
from rft.smoke_test.gate import evidence_of, judge
from rft.smoke_test.plan import ANOTHER_TIME, ROUNDS, SmokeTestPlan, build_plan
from rft.smoke_test.replies import Scored, score
from rft.smoke_test.results import BatchReply, SmokeTestResults
from rft.smoke_test.runner import ProbeRunner
from rft.smoke_test.sampling import SampledRow
from rft.tasks.base import Task
from rft_cli.graders.grader_under_test import GraderUnderTest

ALL_DAY = timedelta(days=1)


@dataclass(frozen=True)
class LocalSmokeTest:
    """Checks, findings and scored answers of a local smoke test."""

    checks: tuple[Check, ...]
    findings: tuple[GraderFinding, ...]
    scores: tuple[Scored, ...]


def smoke_test_locally(
    grader: GraderUnderTest, rows: Sequence[SampledRow], task: Task, seed: int, bounds: ScoreBounds = UNIT
) -> LocalSmokeTest:
    """Sends all probes. If calls cost money, derived probes are limited to a few rows as in a run."""
    plan = build_plan(rows, task, seed, requested={"train": len(rows)}, rollouts_per_step=0, all_derived=grader.free)
    clock = SystemClock()
    log = _UnsavedLog(clock.now())
    runner = ProbeRunner("local", LocalInvoker(grader), clock, log, budget=ALL_DAY, bounds=bounds)
    results = runner.resume(plan, SmokeTestResults(log.began, {}), lambda _: False)
    more = [] if results.stop_reason else _other_times(grader, plan, bounds)
    checks = judge(evidence_of(plan, results, bounds=bounds, more=more), Thresholds())
    return LocalSmokeTest(checks, findings(checks), results.scores)


def _other_times(grader: GraderUnderTest, plan: SmokeTestPlan, bounds: ScoreBounds) -> list[Scored]:
    batch = next((batch for batch in plan.batches.values() if batch.trial == ROUNDS[0]), None)
    replies = [invoke(batch.event()) for invoke in grader.at_other_times] if batch else []
    return [
        scored
        for reply in replies
        for scored in score(batch.probes if batch else (), reply.payload, reply.failure, ANOTHER_TIME, bounds)
    ]


class LocalInvoker:
    """Implements GraderInvoker with one grader for every ARN."""

    def __init__(self, grader: GraderUnderTest) -> None:
        self._grader = grader

    def invoke(self, grader_arn: str, batch: Sequence[Mapping[str, Any]]) -> GraderReply:  # noqa: ARG002
        """See GraderInvoker."""
        return self._grader.invoke(batch)

    def resolve(self, grader_arn: str, *, publish: bool) -> GraderVersion:  # noqa: ARG002
        """See GraderInvoker."""
        return GraderVersion(grader_arn, None)

    def timeout_seconds(self, grader_arn: str) -> float | None:  # noqa: ARG002
        """See GraderInvoker."""
        return None


class _UnsavedLog:
    """Implements SendLog without persistence, because a local smoke test is never resumed."""

    def __init__(self, began: datetime) -> None:
        self.began = began
        self.replies: dict[int, BatchReply] = {}

    def start(self, number: int, next_ones: Sequence[int]) -> bool:  # noqa: ARG002
        """Returns True: every call may start."""
        return True

    def not_run(self, number: int) -> None:
        """Does nothing."""

    def answered(self, number: int, reply: BatchReply) -> None:
        """Does nothing."""
