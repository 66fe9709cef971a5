"""Arms that are stopped: a stop that fails halfway is made again, and none is left over."""

from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.ledger import RunStatus
from rft.errors import RetryableServiceError
from rft.ports.reports import ReportSources
from rft.ports.runs import Execution
from rft.steps.experiments.reconcile_experiment import missed_end
from rft.steps.sweep_runs import sweep_runs
from tests.kit.fake_experiment import FakeExperiment
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.fakes.store import MemoryStore
from tests.kit.views import JOB


def spent(**request: object) -> tuple[FakeExperiment, str]:
    """An experiment whose only running arm has used up its training hours."""
    fake = FakeExperiment(budget={"training_hours": 3}, **request)
    fake.prepare()
    run_id = fake.train(0, 0.5)
    fake.change(run_id, job=JOB.model_copy(update={"arn": fake.runs.jobs.get(run_id).arn, "hours": 4.0}))
    return fake, run_id


def sweep(fake: FakeExperiment) -> list[str]:
    return sweep_runs(
        stack_name="rft", ledger=fake.ledger, history=fake.ledger, executions=fake.executions, jobs=fake.jobs,
        deployments=fake.runs.deployments, records=fake.runs.records, notifier=fake.runs.notifier, clock=fake.clock,
        experiments=fake.experiments, experiment_executions=fake.machines,
        reports=ReportSources(fake.ledger, MemoryStore(), MemoryRollouts(), answers_captured=False),
    )  # fmt: skip


@pytest.mark.parametrize("halfway", ["execution", "job"])
def test_a_partly_failed_stop_is_retried_at_the_next_poll(halfway: str) -> None:
    fake, run_id = spent()
    busy = RetryableServiceError("busy")
    (fake.executions.fails_with if halfway == "execution" else fake.jobs.fails_with["stop"]).append(busy)
    with pytest.raises(RetryableServiceError):
        fake.check()
    assert [arm.status for arm in fake.record.arms] == ["running", "planned", "planned"]
    fake.check()
    assert [arm.status for arm in fake.record.arms] == ["cancelled", "planned", "planned"]
    assert fake.jobs.stops == [run_id]


def test_an_arm_that_was_evaluated_before_its_stop_counts_as_completed() -> None:
    fake, run_id = spent()
    change = fake.experiments.change

    def ended_meanwhile(*arguments: Any) -> Any:
        record = change(*arguments)
        fake.change(run_id, status=RunStatus.COMPLETED, evaluation=EvaluationSummary(status="completed"))
        return record

    fake.experiments.change = ended_meanwhile  # type: ignore[method-assign, assignment]
    fake.check()
    assert fake.record.arms[0].status == "completed"


def test_a_run_that_is_added_while_its_arm_is_stopped_is_not_started() -> None:
    fake, _ = spent()
    create = fake.ledger.create

    def check_first(record: Any, **more: Any) -> Any:
        fake.check()
        return create(record, **more)

    fake.ledger.create = check_first  # type: ignore[method-assign]
    started = fake.add(1)
    assert (started.start, fake.ledger.get(started.run_id).status) == (False, RunStatus.CANCELLED)
    assert fake.record.arms[1].status == "cancelled"


def test_arms_that_could_not_be_added_fail_after_a_grace_period() -> None:
    fake = FakeExperiment()
    fake.prepare()
    fake.check()
    assert not fake.check().ended
    fake.clock.advance(minutes=16)
    assert fake.check().ended
    assert [arm.reason for arm in fake.record.arms] == ["its run could not be started"] * 3


def test_arms_that_wait_for_others_do_not_fail() -> None:
    fake = FakeExperiment()
    fake.prepare()
    fake.train(0, 0.5)
    fake.check()
    fake.clock.advance(hours=30)
    assert not fake.check().ended
    assert [arm.status for arm in fake.record.arms] == ["running", "planned", "planned"]


def test_an_arm_whose_execution_was_refused_fails_after_a_grace_period() -> None:
    fake = FakeExperiment()
    fake.prepare()
    run_id = fake.add(0).run_id
    fake.check()
    fake.clock.advance(minutes=16)
    fake.check()
    assert (fake.record.arms[0].status, fake.ledger.get(run_id).status) == ("failed", RunStatus.CANCELLED)


def test_an_execution_counts_as_missing_only_after_a_grace_period() -> None:
    fake = FakeExperiment()
    assert missed_end(fake.record, fake.machines, fake.clock) is None
    fake.machines.started.clear()
    assert missed_end(fake.record, fake.machines, fake.clock) is None
    fake.clock.advance(minutes=16)
    assert missed_end(fake.record, fake.machines, fake.clock) == Execution(status="gone")


def test_the_sweep_ends_an_experiment_with_its_runs_after_its_execution() -> None:
    fake = FakeExperiment()
    fake.prepare()
    run_id = fake.train(0, 0.5)
    assert sweep(fake) == []
    fake.machines.ended[fake.id] = Execution(status="TIMED_OUT")
    assert sweep(fake) == [fake.id]
    assert (fake.record.status, fake.record.arms[0].status) == ("FAILED", "cancelled")
    assert (fake.ledger.get(run_id).status, fake.jobs.stops) == (RunStatus.CANCELLED, [run_id])
    assert sweep(fake) == []


def test_a_sweep_that_cannot_end_a_run_names_the_experiment_and_repeats() -> None:
    fake = FakeExperiment()
    fake.prepare()
    run_id = fake.train(0, 0.5)
    fake.machines.ended[fake.id] = Execution(status="ABORTED")
    fake.jobs.fails_with["stop"].append(RetryableServiceError("busy"))
    with pytest.raises(RetryableServiceError, match=fake.id):
        sweep(fake)
    assert (fake.record.status, fake.record.settled) == ("CANCELLED", False)
    sweep(fake)
    assert (set(fake.jobs.stops), fake.record.settled) == ({run_id}, True)


def test_without_a_key_an_experiment_that_cannot_start_has_failed() -> None:
    fake = FakeExperiment()
    fake.machines.fails_with.append(RetryableServiceError("busy"))
    fake.clock.advance(seconds=5)
    with pytest.raises(RetryableServiceError):
        fake.start()
    newest = max(fake.experiments.records.values(), key=lambda record: record.created_at)
    assert (newest.status, "could not be started" in newest.failure.cause) == ("FAILED", True)  # type: ignore[union-attr]


def test_with_a_key_an_experiment_that_cannot_start_stays_pending() -> None:
    fake = FakeExperiment()
    fake.machines.fails_with.append(RetryableServiceError("busy"))
    with pytest.raises(RetryableServiceError):
        fake.start("nightly")
    assert fake.start("nightly").status == "RUNNING"
