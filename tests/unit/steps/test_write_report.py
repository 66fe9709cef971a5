from __future__ import annotations

import json

import pytest

from rft.contracts.evaluation import EvaluationReport
from rft.contracts.ledger import RunStatus
from rft.errors import RetryableServiceError, RunNotFound
from rft.runs.finish_run import finish_run
from rft.steps.reconcile_run import reconcile_run
from rft.steps.write_report import write_report
from tests.kit.fake_report import FakeReport
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.models import MemoryDeploymentRecords
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.records import RUN_ID

S = RunStatus
CAUSE = "right answers earn 0.2"


def test_report_values_come_from_the_runs_files_and_record() -> None:
    fake = FakeReport().trained().compared()
    report = fake.write()
    stored = EvaluationReport.model_validate_json(fake.store.objects[f"s3://data-bucket/runs/{RUN_ID}/evaluation.json"])
    detail = report.evaluation_detail

    assert report.evaluation == stored.summary
    assert detail is not None
    assert (detail.slices, detail.models, detail.mcnemar) == (stored.slices, stored.models, stored.mcnemar)
    assert [row.row_id for row in detail.improvements] == list(stored.changes.improved)
    assert report.metrics == fake.record.metrics
    assert {split.name: split.rows for split in report.splits} == (report.dataset and report.dataset.rows)


def test_every_value_of_the_summary_is_on_the_page() -> None:
    fake = FakeReport().trained().compared()
    report = fake.write()
    evaluation = report.evaluation
    assert evaluation is not None
    assert report.metrics is not None
    shown = [
        f"{evaluation.base:.3f}",
        f"{evaluation.tuned:.3f}",
        f"{evaluation.difference:+.3f}",
        report.headline.sentence,
    ]
    shown += [f"{point.reward:,.4f}" for point in report.metrics.training]
    assert [text for text in shown if text not in fake.page] == []


def test_the_same_run_gives_the_same_bytes() -> None:
    fake = FakeReport().trained().compared()
    fake.write()
    first = dict(fake.store.objects)
    finish_run(fake.record, S.COMPLETED, error="", cause="", ledger=fake.ledger)
    fake.write()
    assert fake.store.objects == first


@pytest.mark.parametrize(
    ("at", "status", "error", "expected"),
    [
        (
            S.SMOKE_TESTING,
            S.REJECTED,
            "GraderNotTrusted",
            f"The run was rejected before training: {CAUSE}.",
        ),
        (S.TRAINING, S.FAILED, "JobFailed", f"The run failed in TRAINING: {CAUSE}."),
        (
            S.SMOKE_TESTING,
            S.CANCELLED,
            "ApprovalExpired",
            f"The run was cancelled in SMOKE_TESTING: {CAUSE}.",
        ),
    ],
)
def test_a_run_that_did_not_complete_has_a_report(at: S, status: S, error: str, expected: str) -> None:
    fake = FakeReport()
    fake.at(at)
    report = fake.write(status, error, json.dumps({"errorMessage": CAUSE, "errorType": error}))
    assert (report.status, report.headline.sentence) == (status, expected)
    assert expected in fake.page


def test_a_failed_evaluation_of_a_completed_run_is_reported() -> None:
    fake = FakeReport().trained()
    fake.evaluated()
    report = fake.write(S.COMPLETED, "EvaluationFailed", "too few scores")
    assert report.status is S.COMPLETED
    assert report.headline.sentence == "The model was trained; its evaluation failed: EvaluationFailed: too few scores."


def test_writing_the_report_does_not_change_the_run() -> None:
    fake = FakeReport().trained().compared()
    before = fake.record
    fake.write()
    assert fake.record == before


def test_an_unreadable_file_omits_only_its_section() -> None:
    fake = FakeReport().trained().compared()
    uri = f"s3://data-bucket/runs/{RUN_ID}/evaluation.json"
    fake.store.objects[uri] = b"{}"
    report = fake.write()
    assert report.evaluation is not None
    assert report.evaluation_detail is None
    assert [line for line in report.unreadable if uri in line]
    assert uri in fake.page


def test_unlistable_rollouts_omit_only_their_section() -> None:
    fake = FakeReport().trained().compared()
    fake.rollouts.fails_to_list = [RetryableServiceError("S3 is away")]
    report = fake.write()
    assert (report.rollouts, len(report.unreadable)) == (None, 1)


def test_an_unknown_run_raises() -> None:
    with pytest.raises(RunNotFound):
        write_report(
            run_id="nobody-20261120t120000-1a2b3c4d",
            status=S.FAILED,
            error="E",
            cause="",
            ledger=FakeReport().ledger,
            sources=FakeReport().sources,
        )


# ---- runs that end elsewhere --------------------------------------------------------------------------------------


def reconciled(fake: FakeReport, status: str = "ABORTED") -> None:
    reconcile_run(
        run_id=RUN_ID,
        status=status,
        error="E",
        cause="by ops",
        ledger=fake.ledger,
        jobs=MemoryJobs(fake.clock),
        deployments=fake.deployments,
        records=MemoryDeploymentRecords(),
        notifier=MemoryNotifier(),
        reports=fake.sources,
    )


def test_a_run_that_was_stopped_from_outside_has_a_report() -> None:
    fake = FakeReport().trained()
    reconciled(fake)
    assert fake.stored.status is S.CANCELLED
    assert "by ops" in fake.stored.headline.sentence


def test_an_existing_report_is_not_written_again() -> None:
    fake = FakeReport().trained()
    fake.write(S.FAILED, "E", "by ops")
    finish_run(fake.record, S.FAILED, error="E", cause="by ops", ledger=fake.ledger)
    fake.rollouts.read_names.clear()
    reconciled(fake, "FAILED")
    assert fake.rollouts.read_names == []


def test_a_report_of_another_end_is_replaced() -> None:
    """The run was cancelled while its last step wrote that it had failed."""
    fake = FakeReport().trained()
    fake.write(S.FAILED, "E", "first")
    finish_run(fake.record, S.CANCELLED, error="RunCancelled", cause="cancelled by ops", ledger=fake.ledger)
    reconciled(fake, "FAILED")
    assert fake.stored.status is S.CANCELLED
