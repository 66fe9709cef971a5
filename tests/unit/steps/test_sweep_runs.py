from __future__ import annotations

import json

import pytest

from rft.contracts.ledger import RunStatus
from rft.contracts.steps import RunInput
from rft.errors import RetryableServiceError, RetryableThrottling
from rft.ports.reports import ReportSources
from rft.ports.runs import Execution
from rft.steps.sweep_runs import sweep_runs
from tests.kit.fake_run import FakeRun
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.experiments import MemoryExperiments
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.fakes.store import MemoryStore
from tests.kit.records import RUN_ID, run_record

S = RunStatus
OTHER = "pandalm-judge-other-00000000"


def sweep(fake_run: FakeRun, reports: ReportSources | None = None) -> list[str]:
    return sweep_runs(
        stack_name="rft",
        ledger=fake_run.ledger,
        history=fake_run.ledger,
        executions=fake_run.executions,
        jobs=fake_run.jobs,
        deployments=fake_run.deployments,
        records=fake_run.records,
        notifier=fake_run.notifier,
        clock=fake_run.clock,
        experiments=MemoryExperiments(fake_run.clock),
        experiment_executions=MemoryExecutions(),
        reports=reports,
    )


class BrokenStore(MemoryStore):
    def put_bytes(self, uri: str, body: bytes) -> None:
        raise RetryableServiceError("S3: busy")


def report_sources(fake_run: FakeRun, store: MemoryStore) -> ReportSources:
    return ReportSources(fake_run.ledger, store, MemoryRollouts(), answers_captured=False)


def test_a_run_that_was_closed_gets_its_report() -> None:
    fake_run, store = FakeRun(S.TRAINING).with_job(), MemoryStore()
    fake_run.executions.ended[RUN_ID] = Execution(status="ABORTED")
    assert sweep(fake_run, report_sources(fake_run, store)) == [RUN_ID]
    (report,) = [body for uri, body in store.objects.items() if uri.endswith("report.json")]
    assert json.loads(report)["status"] == "CANCELLED"


def test_a_report_that_cannot_be_written_keeps_no_run_open() -> None:
    fake_run = FakeRun(S.TRAINING).with_job()
    fake_run.executions.ended[RUN_ID] = Execution(status="ABORTED")
    with pytest.raises(RetryableServiceError, match=RUN_ID):
        sweep(fake_run, report_sources(fake_run, BrokenStore()))
    assert (fake_run.record.status, len(fake_run.messages)) == (S.CANCELLED, 1)


def add_other(fake_run: FakeRun, execution: Execution) -> None:
    record = fake_run.ledger.create(run_record(OTHER))
    fake_run.ledger.transition(OTHER, S.PREPARING)
    fake_run.executions.start(OTHER, RunInput(run_id=OTHER, request=record.request).model_dump(mode="json"))
    fake_run.executions.ended[OTHER] = execution


@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT", "SUCCEEDED"])
def test_an_open_run_whose_execution_has_ended_is_closed(status: str) -> None:
    fake_run = FakeRun(S.TRAINING).with_job()
    fake_run.executions.ended[RUN_ID] = Execution(status=status)
    assert sweep(fake_run) == [RUN_ID]
    assert fake_run.record.status in {S.FAILED, S.CANCELLED}
    assert (fake_run.job_status, len(fake_run.messages)) == ("Stopping", 1)
    assert sweep(fake_run) == []


@pytest.mark.parametrize("status", [S.PREPARING, S.AWAITING_APPROVAL, S.TRAINING])
def test_a_running_run_is_unchanged(status: RunStatus) -> None:
    fake_run = FakeRun(status)
    fake_run.clock.advance(days=3)
    assert sweep(fake_run) == []
    assert fake_run.record.status is status


def test_a_run_without_an_execution_is_closed_after_a_grace_period() -> None:
    fake_run = FakeRun(S.PREPARING)
    fake_run.executions.started.clear()
    assert sweep(fake_run) == []
    fake_run.clock.advance(minutes=16)
    assert sweep(fake_run) == [RUN_ID]
    assert fake_run.record.status is S.FAILED


def test_a_run_that_was_never_started_waits_for_its_caller() -> None:
    fake_run = FakeRun(S.PENDING)
    fake_run.executions.started.clear()
    fake_run.clock.advance(days=3)
    assert sweep(fake_run) == []
    assert fake_run.record.status is S.PENDING


@pytest.mark.parametrize("status", [S.CANCELLED, S.FAILED])
def test_a_job_whose_run_has_ended_is_stopped(status: RunStatus) -> None:
    fake_run = FakeRun(S.STARTING).with_job(recorded=False)
    fake_run.ledger.transition(RUN_ID, status)
    assert sweep(fake_run) == [RUN_ID]
    assert fake_run.job_status == "Stopping"


def test_jobs_of_other_owners_are_not_touched() -> None:
    fake_run = FakeRun(S.TRAINING).with_job()
    fake_run.jobs.create({"jobName": "somebody-elses"})
    assert sweep(fake_run) == []
    assert fake_run.jobs.stops == []


def test_a_run_that_cannot_be_swept_is_named_and_blocks_no_other() -> None:
    fake_run = FakeRun(S.TRAINING).with_job()
    fake_run.executions.ended[RUN_ID] = Execution(status="ABORTED")
    add_other(fake_run, Execution(status="ABORTED"))
    fake_run.jobs.fails_with["stop"] = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableServiceError, match="could not be swept"):
        sweep(fake_run)
    assert {fake_run.ledger.get(run_id).status for run_id in (RUN_ID, OTHER)} == {S.CANCELLED}
    sweep(fake_run)
    assert fake_run.job_status == "Stopping"


def test_hundreds_of_open_runs_are_all_checked() -> None:
    fake_run = FakeRun(S.PREPARING)
    fake_run.executions.ended[RUN_ID] = Execution(status="ABORTED")
    for number in range(250):
        run_id = f"pandalm-judge-{number:05d}-00000000"
        record = fake_run.ledger.create(run_record(run_id))
        fake_run.ledger.transition(run_id, S.PREPARING)
        fake_run.executions.start(run_id, RunInput(run_id=run_id, request=record.request).model_dump(mode="json"))
        fake_run.executions.ended[run_id] = Execution(status="ABORTED")
    assert len(sweep(fake_run)) == 251


def test_a_deployment_left_over_from_an_evaluation_is_deleted() -> None:
    fake_run = FakeRun(S.EVALUATING).with_deployment()
    assert sweep(fake_run) == []
    fake_run.ledger.transition(RUN_ID, S.COMPLETED)

    assert sweep(fake_run) == [RUN_ID]
    assert fake_run.deployments.deployments == {}


@pytest.mark.parametrize("change", [{"rft:stack": "other"}, {"rft:purpose": "production"}])
def test_deployments_of_other_owners_are_not_touched(change: dict[str, str]) -> None:
    fake_run = FakeRun(S.EVALUATING).with_deployment()
    fake_run.deployments.tags[RUN_ID] = {**fake_run.deployments.tags[RUN_ID], **change}
    fake_run.ledger.transition(RUN_ID, S.COMPLETED)

    assert sweep(fake_run) == []
    assert list(fake_run.deployments.deployments) == [RUN_ID]
