"""Compares a round's model with the previous round's. Takes ports."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rft.contracts.evaluation import EvaluatedRow, EvaluationReport, RoundComparison
from rft.contracts.ledger import RunRecord
from rft.errors import DatasetNotFound
from rft.evaluation.paired import ScorePair, paired_difference
from rft.evaluation.verdict import verdict
from rft.ports.storage import ObjectStore


def compare_rounds(report: EvaluationReport, run: RunRecord, earlier: RunRecord, store: ObjectStore) -> RoundComparison:
    """Compares stored scores of the same test rows; no answer is sampled again.

    Skipped, with a reason, if scores are missing or come from another grader or sampling protocol.
    Raises the Retryable… errors.
    """
    previous = _evaluation(earlier, store)
    if previous is None:
        reason = f"{earlier.run_id} has no evaluation, or its scores were deleted"
        return RoundComparison(run_id=earlier.run_id, status="skipped", reason=reason)
    if reason := _incomparable(report, run, previous, earlier):
        return RoundComparison(run_id=earlier.run_id, status="skipped", reason=reason)
    pairs = _pairs(previous.rows, report.rows)
    if not pairs:
        reason = "no test row has a score in both runs"
        return RoundComparison(run_id=earlier.run_id, status="skipped", reason=reason)
    found = paired_difference(pairs)
    return RoundComparison(
        run_id=earlier.run_id,
        status="completed",
        verdict=verdict(found),
        rows=found.rows,
        previous=fmean(pair.base for pair in pairs),
        tuned=fmean(pair.tuned for pair in pairs),
        difference=found.value,
        interval=found.interval,
        p_value=found.p_value,
    )


def _evaluation(earlier: RunRecord, store: ObjectStore) -> EvaluationReport | None:
    evaluation = earlier.evaluation
    if evaluation is None or evaluation.status != "completed" or evaluation.report_uri is None:
        return None
    try:
        return EvaluationReport.model_validate_json(store.get_bytes(evaluation.report_uri))
    except DatasetNotFound:
        return None


def _incomparable(report: EvaluationReport, run: RunRecord, previous: EvaluationReport, earlier: RunRecord) -> str:
    """Why the two runs' scores are not comparable; '' if they are."""
    if (run.grader_arn, run.grader_code_sha256) != (earlier.grader_arn, earlier.grader_code_sha256):
        return f"{earlier.run_id} was scored by a different version of the grader"
    now, before = report.summary.protocol, previous.summary.protocol
    if now is None or before is None or now.digest != before.digest:
        return f"the model of {earlier.run_id} was sampled with different settings"
    return ""


def _pairs(before: Sequence[EvaluatedRow], now: Sequence[EvaluatedRow]) -> list[ScorePair]:
    scores = {row.row_id: row.tuned_score for row in before}
    return [
        ScorePair(row.row_id, row.group, base=scores[row.row_id], tuned=row.tuned_score)
        for row in now
        if row.row_id in scores
    ]
