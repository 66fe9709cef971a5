from __future__ import annotations

import pytest

from rft.contracts.ledger import RunStatus
from rft.errors import DeploymentRefused, RetryableServiceError, TransitionRefused
from rft.evaluation.rollouts import CHUNK
from tests.kit.fake_evaluation import MODEL, FakeEvaluation
from tests.kit.forecast import judged_forecast
from tests.kit.records import RUN_ID


def test_the_model_is_deployed_under_the_runs_name_with_its_tags() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    deployed = run.deploy()

    deployment = run.deployments.deployments[RUN_ID]
    assert (deployed.deployment_arn, deployment.model_arn) == (deployment.arn, MODEL)
    assert run.deployments.tags[RUN_ID] == {
        "rft:run-id": RUN_ID,
        "rft:stack": "rft",
        "rft:purpose": "evaluation",
    }
    assert run.record.status is RunStatus.EVALUATING
    assert run.record.evaluation is not None
    assert (run.record.evaluation.status, run.record.evaluation.deployment_arn) == ("running", deployment.arn)


def test_parts_cover_every_answer_of_both_models_once() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    parts = run.deploy().parts
    chunks = {
        model: [n for part in parts if part.model == model for n in range(part.first, part.first + part.chunks)]
        for model in ("base", "tuned")
    }

    assert chunks["base"] == chunks["tuned"] == list(range(len(chunks["base"])))
    answers = {model: sum(run.evaluate(p) for p in parts if p.model == model) for model in chunks}
    assert answers["base"] == answers["tuned"] > CHUNK


def test_a_lost_reply_leaves_one_deployment() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    run.deployments.answer_lost["create"] = [RetryableServiceError("lost")]
    with pytest.raises(RetryableServiceError):
        run.deploy()
    run.deploy()
    assert list(run.deployments.deployments) == [RUN_ID]


def test_without_a_test_split_nothing_is_deployed() -> None:
    run = FakeEvaluation(dataset={"split": {"train": 0.8, "validation": 0.2, "test": 0.0}}).at(RunStatus.TRAINING)

    assert run.deploy().deployment_arn is None
    assert run.record.evaluation is not None
    assert (run.record.evaluation.status, run.deployments.deployments) == ("skipped", {})


def test_a_job_without_a_model_is_refused() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    run.ledger.update(RUN_ID, {"model_arn": None})
    with pytest.raises(DeploymentRefused):
        run.deploy()


def test_a_run_that_has_ended_is_not_deployed() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    run.ledger.transition(RUN_ID, RunStatus.CANCELLED)
    with pytest.raises(TransitionRefused):
        run.deploy()
    assert run.deployments.deployments == {}


@pytest.mark.parametrize(("limit", "status"), [(250, "skipped"), (50_000, "running")])
def test_an_evaluation_that_may_exceed_max_judge_calls_is_skipped(limit: int, status: str) -> None:
    run = FakeEvaluation(max_judge_calls=limit).at(RunStatus.TRAINING)
    run.ledger.update(RUN_ID, {"forecast": judged_forecast(run.record)})

    run.deploy()

    assert run.record.evaluation is not None
    assert run.record.evaluation.status == status
    assert ("max_judge_calls is 250: 220 calls were made" in run.record.evaluation.reason) is (limit == 250)
