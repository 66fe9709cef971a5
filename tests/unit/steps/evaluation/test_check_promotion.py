from __future__ import annotations

import pytest

from rft.contracts.ledger import RunStatus
from rft.evaluation.promotion import release_deployments
from rft.runs.finish_run import finish_run
from rft.steps.sweep_runs import sweep_runs
from tests.kit.fake_evaluation import MODEL, FakeEvaluation
from tests.kit.fake_promotion import BEFORE, NAME, change, compared, promotion, taking_over
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.experiments import MemoryExperiments
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.records import RUN_ID


def test_a_better_model_gets_a_deployment_of_that_name() -> None:
    run = compared()
    run.promote()

    assert run.check_promotion()
    assert run.deployments.deployments[NAME].serving == MODEL
    assert run.deployments.deleted == [RUN_ID], "the evaluation's own deployment is gone"
    assert (promotion(run).status, promotion(run).prompts) == ("completed", 30)
    last = run.records.get(NAME).last
    assert last is not None
    assert (last.status, last.run_id, last.previous_model_arn) == ("completed", RUN_ID, None)


def test_an_existing_deployment_is_updated_and_its_model_recorded() -> None:
    run = taking_over()
    run.promote()

    assert run.check_promotion()
    assert run.deployments.updates == [(NAME, MODEL)]
    assert promotion(run).previous_model_arn == BEFORE
    assert run.records.get(NAME).changes[-1].previous_model_arn == BEFORE


def test_a_slow_update_is_waited_for() -> None:
    run = taking_over()
    run.deployments.update_status = "Updating"
    run.promote()

    assert not run.check_promotion()
    run.deployments.move(NAME, update_status="UpdateCompleted", model_arn=MODEL)
    assert run.check_promotion()


def test_a_model_that_fails_its_check_is_rolled_back() -> None:
    run = taking_over()
    run.promote()
    run.sampler.reply = lambda *_: "I do not know"

    assert not run.check_promotion(), "the update back is requested, and not seen completed yet"
    assert run.check_promotion()
    assert run.deployments.updates == [(NAME, MODEL), (NAME, BEFORE)]
    assert run.deployments.deployments[NAME].serving == BEFORE
    assert promotion(run).status == "rolled_back"
    assert "held-out prompts" in promotion(run).reason
    assert run.records.get(NAME).changes[-1].status == "reverted"


def test_a_new_deployment_whose_model_fails_is_deleted() -> None:
    run = compared()
    run.promote()
    run.sampler.reply = lambda *_: "I do not know"

    assert run.check_promotion()
    assert NAME not in run.deployments.deployments
    assert promotion(run).status == "rolled_back"


def test_a_failed_update_keeps_the_previous_model_with_a_reason() -> None:
    run = taking_over()
    run.deployments.update_status = "UpdateFailed"
    run.promote()
    run.deployments.move(NAME, failure="no capacity")

    assert run.check_promotion()
    assert (promotion(run).status, "no capacity" in promotion(run).reason) == ("rolled_back", True)
    assert run.deployments.updates == [(NAME, MODEL)]


def test_a_hanging_update_is_rolled_back_after_an_hour() -> None:
    run = taking_over()
    run.deployments.update_status = "Updating"
    run.promote()
    run.clock.advance(minutes=61)

    assert not run.check_promotion(), "Bedrock takes no update while one is under way"
    run.deployments.move(NAME, update_status="UpdateCompleted", model_arn=MODEL)
    run.deployments.update_status = "UpdateCompleted"
    assert not run.check_promotion()
    assert run.check_promotion()
    assert run.deployments.deployments[NAME].serving == BEFORE


def test_a_repeated_check_counts_one_promotion_and_samples_nothing_again() -> None:
    run = taking_over()
    run.promote()
    assert run.check_promotion()
    sampled = len(run.sampler.requests)

    assert run.check_promotion()
    assert len(run.sampler.requests) == sampled
    assert [each.status for each in run.records.get(NAME).changes] == ["completed", "completed"]


def ended(run: FakeEvaluation, status: RunStatus) -> None:
    record = finish_run(run.record, status, error="Crashed", cause="for good", ledger=run.ledger)
    release_deployments(record, run.deployments, run.records)


@pytest.mark.parametrize(
    ("status", "expected"), [(RunStatus.CANCELLED, "cancelled"), (RunStatus.COMPLETED, "failed")], ids=str
)
def test_an_unfinished_promotion_is_rolled_back(status: RunStatus, expected: str) -> None:
    run = taking_over()
    run.promote()
    ended(run, status)

    assert run.record.status is RunStatus.COMPLETED
    assert run.record.evaluation is not None
    assert run.record.evaluation.status == "completed"
    assert promotion(run).status == expected
    assert run.deployments.deployments[NAME].serving == BEFORE


def sweep(run: FakeEvaluation) -> list[str]:
    return sweep_runs(
        stack_name="rft",
        ledger=run.ledger,
        history=run.ledger,
        executions=MemoryExecutions(),
        jobs=MemoryJobs(run.clock),
        deployments=run.deployments,
        records=run.records,
        notifier=MemoryNotifier(),
        clock=run.clock,
        experiments=MemoryExperiments(run.clock),
        experiment_executions=MemoryExecutions(),
    )


def test_the_sweep_completes_an_unfinished_rollback() -> None:
    run = taking_over()
    run.deployments.update_status = "Updating"
    run.promote()
    ended(run, RunStatus.CANCELLED)
    assert run.records.get(NAME).changes[-1].status == "reverting"

    run.deployments.move(NAME, update_status="UpdateCompleted", model_arn=MODEL)
    run.deployments.update_status = "UpdateCompleted"
    for _ in range(2):
        sweep(run)
    assert run.deployments.deployments[NAME].serving == BEFORE
    assert run.records.get(NAME).changes[-1].status == "reverted"


def test_a_promotion_whose_record_was_lost_after_the_check_stays() -> None:
    run = taking_over()
    run.promote()
    assert run.check_promotion()
    run.records.put(run.records.get(NAME).revising("running"))
    ended(run, RunStatus.COMPLETED)

    assert run.deployments.deployments[NAME].serving == MODEL
    assert run.records.get(NAME).changes[-1].status == "completed"


def test_the_sweep_completes_an_abandoned_deletion() -> None:
    run = taking_over()
    deletion = change(BEFORE, BEFORE).model_copy(update={"action": "deletion", "status": "running"})
    run.records.put(run.records.get(NAME).adding(deletion))
    sweep(run)
    assert (sweep(run), run.records.get(NAME).changes[-1].status) == ([NAME], "completed")
    assert NAME in run.deployments.deleted
