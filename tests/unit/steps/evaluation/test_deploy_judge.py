from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import GraderRequest
from rft.errors import JudgeNotAdmitted, RetryableServiceError
from rft.evaluation.deployment import judge_deployment, leftovers
from rft.evaluation.promotion import release_deployments
from rft.runs.finish_run import finish_run
from tests.kit.fake_judge import MODEL, TRAINED, FakeJudge
from tests.kit.records import RUN_ID

NAME = judge_deployment(RUN_ID)


def grader_config(run: FakeJudge) -> dict[str, object]:
    found: dict[str, object] = json.loads(run.store.objects[run.store.uri(f"runs/{RUN_ID}/grader.json")])
    return found


def test_the_judge_gets_its_own_deployment_for_the_run() -> None:
    run = FakeJudge()
    run.deploy()

    deployed = run.deployments.deployments[NAME]
    assert deployed.model_arn == MODEL
    assert grader_config(run) == {"judge": deployed.arn}
    assert run.record.judge is not None
    assert (run.record.judge.kappa, run.record.judge.replaced_kappa) == (0.8, 0.5)
    assert [run_id for run_id, _ in leftovers("rft", run.deployments)] == [RUN_ID]


def test_a_rubric_stays_in_the_graders_config() -> None:
    criterion = {"name": "polite", "question": "Is it?", "yes": "it is", "no": "it is not"}
    run = FakeJudge(name="rubric", config={"criteria": [criterion]})
    run.deploy()
    assert set(grader_config(run)) == {"criteria", "dimensions", "judge"}


def test_a_deployments_arn_pins_the_model_that_it_serves_now() -> None:
    run = FakeJudge()
    arn = run.deployments.create("promoted", MODEL, tags={}, token="t")
    run.request = run.request.model_copy(update={"grader": GraderRequest(name="pandalm", judge=arn, force=True)})
    run.deploy()
    run.deployments.update("promoted", "arn:other")

    assert run.deployments.deployments[NAME].serving == MODEL


@pytest.mark.parametrize("kappa", [(0.6, 0.5, 0.7), (0.6, 0.4, 0.8)], ids=["equal", "below"])
def test_a_judge_not_proven_better_than_its_base_is_refused(kappa: tuple[float, float, float]) -> None:
    run = FakeJudge(kappa=kappa)
    with pytest.raises(JudgeNotAdmitted, match=r"kappa is 0\.[45]00 .* does not exceed the 0\.500"):
        run.deploy()
    assert run.deployments.deployments == {}
    forced = FakeJudge(kappa=kappa, force=True)
    forced.deploy()
    assert NAME in forced.deployments.deployments


@pytest.mark.parametrize(
    "judge",
    ["run:nobody-20261101t120000-0a1b2c3d", "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/gone"],
)
def test_a_missing_judge_is_refused_even_with_force(judge: str) -> None:
    with pytest.raises(JudgeNotAdmitted, match=judge):
        FakeJudge(judge=judge, force=True).deploy()


def test_a_lost_reply_leaves_one_deployment_with_the_same_model() -> None:
    run = FakeJudge()
    run.deployments.answer_lost["create"] = [RetryableServiceError("lost")]
    with pytest.raises(RetryableServiceError):
        run.deploy()
    run.deploy()
    assert list(run.deployments.deployments) == [NAME]


def test_the_deployment_is_deleted_when_the_run_ends() -> None:
    run = FakeJudge()
    run.deploy()
    record = finish_run(run.record, RunStatus.FAILED, error="E", cause="c", ledger=run.ledger)
    release_deployments(record, run.deployments, run.records)
    assert run.deployments.deleted == [NAME]


@pytest.mark.parametrize(
    "grader", [{"name": "gsm8k"}, {"lambda_arn": "arn:aws:lambda:us-east-1:123456789012:function:f"}]
)
def test_only_graders_with_a_judge_accept_one(grader: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="judge is supported by the graders pandalm and rubric only"):
        GraderRequest.model_validate({**grader, "judge": f"run:{TRAINED}"})
