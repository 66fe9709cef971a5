from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.evaluation import EvaluationReport
from rft.contracts.http.report import RunReport
from rft.evaluation.run_comparison import EvaluatedRun, request_differences, run_difference
from tests.kit.fake_report import FakeReport
from tests.kit.records import RUN_ID


@pytest.fixture(scope="module")
def run() -> EvaluatedRun:
    fake = FakeReport().trained().compared()
    report = fake.write()
    body = fake.store.objects[f"s3://data-bucket/runs/{RUN_ID}/evaluation.json"]
    return EvaluatedRun(report, EvaluationReport.model_validate_json(body))


def with_scores(run: EvaluatedRun, change: float, **lineage: Any) -> EvaluatedRun:
    """Another run whose model scores less on every row."""
    assert run.evaluation is not None
    rows = tuple(row.model_copy(update={"tuned_score": row.tuned_score - change}) for row in run.evaluation.rows)
    report = run.report.model_copy(update={"lineage": run.report.lineage.model_copy(update=lineage)})
    return EvaluatedRun(report, run.evaluation.model_copy(update={"rows": rows}))


def test_a_run_does_not_differ_from_itself(run: EvaluatedRun) -> None:
    found = run_difference(run, run)
    assert found.difference is not None
    assert (found.unpaired, found.difference.value, found.verdict) == ("", 0.0, "no_difference_shown")


def test_models_are_compared_row_by_row(run: EvaluatedRun) -> None:
    found = run_difference(run, with_scores(run, 0.2))
    assert found.difference is not None
    assert found.difference.value == pytest.approx(-0.2)
    assert (found.verdict, found.difference.rows) == ("worse", 30)


@pytest.mark.parametrize(
    ("lineage", "reason"),
    [
        ({"dataset_digest": "sha256:other"}, "test rows"),
        ({"test_rows_digest": "sha256:other"}, "test rows"),
        ({"grader_code_sha256": "other"}, "graders"),
        ({"sampling_protocol": "sha256:other"}, "sampled"),
    ],
)
def test_runs_of_different_settings_are_not_paired(run: EvaluatedRun, lineage: dict[str, str], reason: str) -> None:
    found = run_difference(run, with_scores(run, 0.2, **lineage))
    assert (found.difference, reason in found.unpaired) == (None, True)


def test_a_run_without_an_evaluation_is_not_paired(run: EvaluatedRun) -> None:
    assert "no evaluation" in run_difference(run, EvaluatedRun(run.report, None)).unpaired


def test_only_fields_that_differ_are_listed(run: EvaluatedRun) -> None:
    def longer(report: RunReport) -> RunReport:
        request = report.request.model_copy(update={"max_training_hours": 48.0, "name": "another"})
        return report.model_copy(update={"request": request})

    assert request_differences([run.report, run.report]) == {}
    assert request_differences([run.report, longer(run.report)]) == {"max_training_hours": [24.0, 48.0]}
