"""Decides from the evidence: a grader passes if no check blocks. Pure.

Warnings and skipped checks are reported and do not block. Rows in Bedrock's own format may have no wrong answers, so
direction is skipped, while contract, liveness, spread and minimum are measured. Rows without any right answer cannot
validate a grader, which blocks (see `checks.discrimination.minimum`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from rft.contracts.checks import Check, CheckResult
from rft.contracts.ledger import RunRecord
from rft.contracts.run_request import SmokeTestRequest
from rft.contracts.score_range import UNIT, ScoreBounds
from rft.contracts.smoke_test import ProbeScore, SmokeTestReport, SmokeTestSummary, Times
from rft.contracts.thresholds import Thresholds
from rft.grading.grader_arn import is_pinned
from rft.ports.grading import GraderVersion
from rft.smoke_test.checks import CHECKS
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.false_discovery import without_false_blocks
from rft.smoke_test.plan import ALONE, LONG, SmokeTestPlan
from rft.smoke_test.probes import RIGHT, WRONG
from rft.smoke_test.replies import SWEEP, Scored
from rft.smoke_test.results import SmokeTestResults
from rft.smoke_test.statistics import percentile


def thresholds(requested: SmokeTestRequest) -> Thresholds:
    return Thresholds(minimum_block=requested.minimum_score, **requested.thresholds)


def evidence_of(
    plan: SmokeTestPlan,
    results: SmokeTestResults,
    timeout: float | None = None,
    bounds: ScoreBounds = UNIT,
    more: Sequence[Scored] = (),
) -> Evidence:
    """The evidence from a plan's results, and `more` scores of trials outside the plan."""
    return Evidence(
        scores=(*results.scores, *more),
        requested=plan.requested,
        comparisons=plan.comparisons,
        load=results.load(plan),
        seconds={trial: results.seconds(plan, trial) for trial in (ALONE, LONG)},
        timeout=timeout,
        stop_reason=results.stop_reason,
        bounds=bounds,
    )


def judge(evidence: Evidence, thresholds: Thresholds) -> tuple[Check, ...]:
    """Every check's result, in order of priority; see `rft.smoke_test.false_discovery`."""
    return without_false_blocks([check(evidence, thresholds) for check in CHECKS])


def undecided(plan: SmokeTestPlan, limits: Thresholds, results: SmokeTestResults) -> bool:
    """True if more rows could change the verdict: a check is undecided and none blocks."""
    found = {check.result for check in judge(evidence_of(plan, results), limits)}
    return CheckResult.UNDECIDED in found and CheckResult.BLOCK not in found


@dataclass(frozen=True)
class Spent:
    """The time and the number of functions that a smoke test used; the grader's timeout in seconds, None if unknown."""

    seconds: float
    functions: int
    grader_timeout: float | None


def report(
    record: RunRecord, grader: GraderVersion, plan: SmokeTestPlan, results: SmokeTestResults, spent: Spent
) -> SmokeTestReport:
    """The whole report; its reasons list every block."""
    request = record.request
    limits = thresholds(request.smoke_test)
    evidence = evidence_of(plan, results, spent.grader_timeout, request.score_range)
    checks = judge(evidence, limits)
    reasons = tuple(f"{c.name}: {c.detail}" for c in checks if c.result == CheckResult.BLOCK)
    return SmokeTestReport(
        run_id=record.run_id,
        grader_arn=grader.arn,
        grader_code_sha256=grader.code_sha256,
        grader_pinned=is_pinned(grader.arn),
        seed=request.dataset.split.seed,
        trusted=not reasons,
        reasons=reasons,
        checks=checks,
        dataset_checks=record.dataset_checks or (),
        thresholds=limits,
        overrides=limits.overrides(),
        planned=plan.calls,
        invocations=results.invocations,
        judge=evidence.judge_work,
        agreement=evidence.agreement,
        scores=tuple(_probe_score(s) for s in evidence.scores),
        times=_times(evidence, spent),
    )


def smoke_test_summary(report: SmokeTestReport, report_uri: str) -> SmokeTestSummary:
    return SmokeTestSummary(
        trusted=report.trusted,
        reasons=report.reasons,
        checks=tuple(check.short() for check in report.checks),
        mean_right=_mean(report, RIGHT),
        mean_wrong=_mean(report, WRONG),
        report_uri=report_uri,
    )


def _probe_score(scored: Scored) -> ProbeScore:
    probe = scored.probe
    return ProbeScore(
        id=probe.id,
        trial=scored.trial,
        task_id=probe.source.row.task_id,
        split=probe.split,
        kind=probe.kind,
        variant=probe.variant,
        score=scored.score,
        error=scored.error,
    )


def _times(evidence: Evidence, spent: Spent) -> Times:
    answered = [each for each in evidence.load if each is not None]
    return Times(
        seconds=spent.seconds,
        load_p95_seconds=percentile(answered, 0.95) if answered else None,
        grader_timeout_seconds=spent.grader_timeout,
        functions=spent.functions,
    )


def _mean(report: SmokeTestReport, kind: str) -> float | None:
    earned = [s.score for s in report.scores if s.trial == SWEEP and s.kind == kind and s.score is not None]
    return fmean(earned) if earned else None
