"""From evidence to a verdict: a grader is trusted when no check blocks.

A warning or a check that is not done goes on, in plain sight: rows in Bedrock's own format may know no wrong answers,
so direction cannot be measured, while contract, liveness, spread and minimum still are. Rows without a single right
answer prove nothing, and that blocks (see `checks.minimum`).
"""

from __future__ import annotations

from statistics import fmean

from rft.contracts.smoke_test import Check, ProbeScore, SmokeTestReport, SmokeTestSummary, Verdict
from rft.smoke_test.checks import CHECKS, Evidence, Thresholds
from rft.smoke_test.probes import RIGHT, WRONG
from rft.smoke_test.replies import Scored


def judge(evidence: Evidence, thresholds: Thresholds) -> tuple[Check, ...]:
    """Every check's result, the weightiest check first."""
    return tuple(check(evidence, thresholds) for check in CHECKS)


def report(
    *,
    run_id: str,
    grader_arn: str,
    seed: int,
    evidence: Evidence,
    thresholds: Thresholds,
    invocations: int,
    seconds: float,
) -> SmokeTestReport:
    """The whole report, with every block among the reasons."""
    checks = judge(evidence, thresholds)
    reasons = tuple(f"{c.name}: {c.detail}" for c in checks if c.verdict == Verdict.BLOCK)
    return SmokeTestReport(
        run_id=run_id,
        grader_arn=grader_arn,
        seed=seed,
        trusted=not reasons,
        reasons=reasons,
        checks=checks,
        scores=tuple(_probe_score(s) for s in evidence.scores),
        invocations=invocations,
        seconds=seconds,
    )


def summary(report: SmokeTestReport, report_uri: str) -> SmokeTestSummary:
    """What belongs in the ledger."""
    return SmokeTestSummary(
        trusted=report.trusted,
        reasons=report.reasons,
        checks=report.checks,
        mean_right=_mean(report, RIGHT),
        mean_wrong=_mean(report, WRONG),
        report_uri=report_uri,
    )


def _probe_score(scored: Scored) -> ProbeScore:
    probe = scored.probe
    return ProbeScore(
        id=probe.id,
        task_id=probe.source.row.task_id,
        split=probe.split,
        kind=probe.kind,
        score=scored.score,
        error=scored.error,
    )


def _mean(report: SmokeTestReport, kind: str) -> float | None:
    earned = [s.score for s in report.scores if s.kind == kind and s.score is not None]
    return fmean(earned) if earned else None
