"""The steps of an experiment in memory: who is started, who is stopped, and how it ends."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rft.contracts.ledger import RunStatus
from rft.steps.api.cancel_experiment import cancel_experiment
from tests.kit.fake_experiment import FakeExperiment
from tests.kit.records import ADA
from tests.kit.views import JOB

HALVING = {"type": "async_halving", "first_step": 20}


def statuses(fake: FakeExperiment) -> list[str]:
    return [arm.status for arm in fake.record.arms]


def test_arms_share_one_preparation_and_reuse_its_rows() -> None:
    fake = FakeExperiment()
    assert len(fake.record.preparations) == 1
    fake.prepare()
    first, again = fake.add(0), fake.add(0)
    assert first.start
    assert first.input is not None
    assert first.input["start"]["stage"] == "training"
    assert (again.start, again.run_id) == (False, first.run_id) or again.input == first.input
    assert fake.ledger.get(first.run_id).smoke_test is not None


def test_arms_of_an_untrusted_grader_are_skipped() -> None:
    fake = FakeExperiment()
    fake.prepare(trusted=False)
    assert [fake.add(number).start for number in range(3)] == [False, False, False]
    assert statuses(fake) == ["skipped"] * 3
    assert (fake.check().ended, fake.finish().error) == (True, "NoArmEvaluated")


def test_the_lower_half_at_a_step_is_stopped_with_its_job() -> None:
    fake = FakeExperiment(stop_rule=HALVING)
    fake.prepare()
    good, bad = fake.train(0, 0.6), fake.train(1, 0.4)
    assert fake.check().running == 1
    assert statuses(fake)[:2] == ["running", "stopped"]
    assert "at step 20 its reward 0.400 ranked 2 of 2" in fake.record.arms[1].reason
    assert (fake.ledger.get(good).status, fake.ledger.get(bad).status) == (RunStatus.TRAINING, RunStatus.CANCELLED)


def test_a_budget_of_runs_skips_the_arms_beyond_it() -> None:
    fake = FakeExperiment(budget={"runs": 2})
    fake.prepare()
    assert [fake.add(number).start for number in range(3)] == [True, True, False]
    assert statuses(fake) == ["running", "running", "skipped"]


def test_a_spent_budget_of_hours_ends_running_arms() -> None:
    fake = FakeExperiment(budget={"training_hours": 3})
    fake.prepare()
    run_id = fake.train(0, 0.5)
    fake.change(run_id, job=JOB.model_copy(update={"hours": 4.0}))
    fake.check()
    assert "training hours are spent" in fake.record.budget_reached
    assert (statuses(fake)[0], fake.ledger.get(run_id).status) == ("cancelled", RunStatus.CANCELLED)
    assert not fake.add(1).start


def test_cancelling_ends_every_run_and_starts_no_other() -> None:
    fake = FakeExperiment()
    fake.prepare()
    run_id = fake.train(0, 0.5)
    ended = cancel_experiment(
        experiment_id=fake.id, caller=ADA, experiments=fake.experiments, executions=fake.machines, runs=fake.runs
    )
    assert ended.status == "CANCELLED"
    assert fake.ledger.get(run_id).status is RunStatus.CANCELLED
    assert not fake.add(1).start


def test_an_execution_that_failed_fails_the_experiment_and_ends_its_runs() -> None:
    fake = FakeExperiment()
    fake.prepare()
    run_id = fake.train(0, 0.5)
    assert fake.finish("States.Runtime").status == "FAILED"
    assert fake.ledger.get(run_id).status is RunStatus.CANCELLED


def test_a_budget_in_dollars_needs_the_price_of_a_training_hour() -> None:
    with pytest.raises(ValidationError, match="usd needs usd_per_training_hour"):
        FakeExperiment(budget={"usd": 100})


def test_a_spent_budget_in_dollars_ends_running_arms() -> None:
    fake = FakeExperiment(budget={"usd": 100, "usd_per_training_hour": 30})
    fake.prepare()
    run_id = fake.train(0, 0.5)
    fake.change(run_id, job=JOB.model_copy(update={"hours": 3.0}))
    fake.check()
    assert (fake.record.spent.usd, fake.record.budget_reached) == (90, "")
    fake.change(run_id, job=JOB.model_copy(update={"hours": 4.0}))
    fake.check()
    assert fake.record.budget_reached == "120 of 100 USD are spent"
    assert fake.ledger.get(run_id).status is RunStatus.CANCELLED


def test_without_a_price_no_dollars_are_estimated() -> None:
    fake = FakeExperiment()
    fake.prepare()
    fake.train(0, 0.5)
    fake.check()
    assert fake.record.spent.usd is None


def test_the_same_key_returns_the_same_experiment() -> None:
    fake = FakeExperiment()
    assert fake.start("nightly").experiment_id == fake.start("nightly").experiment_id
