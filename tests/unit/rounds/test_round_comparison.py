"""A round's model against the one before, by stored scores of the same test rows."""

from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.evaluation import EvaluationReport
from rft.contracts.ledger import RunRecord, RunStatus
from rft.rounds.comparison import compare_rounds
from tests.kit.fake_evaluation import FakeEvaluation
from tests.kit.fakes.store import MemoryStore
from tests.kit.records import RUN_ID

BEFORE = RUN_ID.replace("1a2b3c4d", "0a2b3c4d")
URI = f"s3://data-bucket/runs/{BEFORE}/evaluation.json"


@pytest.fixture(scope="module")
def evaluated() -> tuple[RunRecord, EvaluationReport]:
    run = FakeEvaluation().at(RunStatus.TRAINING).evaluated()
    run.compare()
    report = run.store.objects[f"s3://data-bucket/runs/{RUN_ID}/evaluation.json"]
    return run.record, EvaluationReport.model_validate_json(report)


def earlier(run: RunRecord, report: EvaluationReport, shift: float, store: MemoryStore, **fields: Any) -> RunRecord:
    """The same evaluation under an earlier run's id, its model's scores lower by `shift`."""
    rows = tuple(row.model_copy(update={"tuned_score": row.tuned_score - shift}) for row in report.rows)
    summary = report.summary.model_copy(update={"report_uri": URI})
    before = report.model_copy(update={"run_id": BEFORE, "rows": rows, "summary": summary})
    store.objects[URI] = before.model_dump_json().encode()
    return run.model_copy(update={"run_id": BEFORE, "evaluation": summary, **fields})


def test_the_difference_is_paired_by_test_row(evaluated: tuple[RunRecord, EvaluationReport]) -> None:
    run, report = evaluated
    store = MemoryStore()
    found = compare_rounds(report, run, earlier(run, report, 0.25, store), store)
    assert (found.run_id, found.status, found.verdict, found.rows) == (BEFORE, "completed", "better", len(report.rows))
    assert found.difference == pytest.approx(0.25)
    assert found.tuned == pytest.approx(report.summary.tuned)
    assert found.previous == pytest.approx((report.summary.tuned or 0) - 0.25)


def test_equal_scores_show_no_difference(evaluated: tuple[RunRecord, EvaluationReport]) -> None:
    run, report = evaluated
    store = MemoryStore()
    assert compare_rounds(report, run, earlier(run, report, 0, store), store).verdict == "no_difference_shown"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"evaluation": None}, "has no evaluation"),
        (
            {"grader_arn": "arn:aws:lambda:us-east-1:123456789012:function:pandalm:8"},
            "a different version of the grader",
        ),
    ],
)
def test_inconclusive_scores_are_not_compared(
    evaluated: tuple[RunRecord, EvaluationReport], fields: dict[str, Any], reason: str
) -> None:
    run, report = evaluated
    store = MemoryStore()
    found = compare_rounds(report, run, earlier(run, report, 0.25, store, **fields), store)
    assert (found.status, found.verdict, found.difference) == ("skipped", None, None)
    assert reason in found.reason


def test_expired_scores_are_not_compared(evaluated: tuple[RunRecord, EvaluationReport]) -> None:
    run, report = evaluated
    store = MemoryStore()
    before = earlier(run, report, 0.25, store)
    store.objects.clear()
    assert "its scores were deleted" in compare_rounds(report, run, before, store).reason


def test_other_sampling_settings_are_not_compared(evaluated: tuple[RunRecord, EvaluationReport]) -> None:
    run, report = evaluated
    store = MemoryStore()
    before = earlier(run, report, 0.25, store)
    assert report.summary.protocol is not None
    protocol = report.summary.protocol.model_copy(update={"digest": "sha256:other"})
    other = report.model_copy(update={"summary": report.summary.model_copy(update={"protocol": protocol})})
    assert "different settings" in compare_rounds(other, run, before, store).reason
