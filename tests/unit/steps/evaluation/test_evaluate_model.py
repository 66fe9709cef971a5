from __future__ import annotations

import pytest

from rft.contracts.ledger import RunStatus
from rft.contracts.steps import EvaluationPart
from rft.errors import EvaluationFailed, ModelNotInvocable, TransitionRefused
from tests.kit.fake_evaluation import BASE, FakeEvaluation
from tests.kit.records import RUN_ID

FIRST = EvaluationPart(model="base", first=0, chunks=2)


def deployed(**request: object) -> FakeEvaluation:
    run = FakeEvaluation(**request).at(RunStatus.TRAINING)
    run.deploy()
    return run


def test_each_answer_is_stored_once_across_retries() -> None:
    run = deployed()
    assert run.evaluate(FIRST) == run.evaluate(FIRST) == 32
    assert len(run.sampler.requests) == 32
    assert {model for model, _ in run.sampler.requests} == {BASE}


def test_a_crash_between_chunks_loses_no_answer() -> None:
    run = deployed()
    run.evaluate(EvaluationPart(model="base", first=0, chunks=1))
    run.evaluate(FIRST)
    assert len(run.sampler.requests) == 32


def test_both_models_are_sampled_with_the_same_protocol() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING).evaluated()
    protocols = {model: {p.digest for each, p in run.sampler.requests if each == model} for model in _models(run)}

    assert len(protocols) == 2
    assert len({digest for digests in protocols.values() for digest in digests}) == 1
    assert {protocol.temperature for _, protocol in run.sampler.requests} == {0}


def _models(run: FakeEvaluation) -> set[str]:
    return {model for model, _ in run.sampler.requests}


def test_chunks_past_the_last_row_are_empty() -> None:
    assert deployed().evaluate(EvaluationPart(model="base", first=900, chunks=4)) == 0


def test_an_evaluation_fails_after_max_hours() -> None:
    run = deployed(evaluation={"max_hours": 1})
    run.clock.advance(hours=2)
    with pytest.raises(EvaluationFailed, match="max_hours"):
        run.evaluate(FIRST)


def test_a_model_that_may_not_be_called_is_an_error() -> None:
    run = deployed()
    run.sampler.fails_with = [ModelNotInvocable("denied")]
    with pytest.raises(ModelNotInvocable):
        run.evaluate(FIRST)


def test_a_run_that_has_ended_is_refused() -> None:
    run = deployed()
    run.ledger.transition(RUN_ID, RunStatus.COMPLETED)
    with pytest.raises(TransitionRefused):
        run.evaluate(FIRST)
    assert run.sampler.requests == []


def test_nothing_reads_the_test_split_before_its_evaluation() -> None:
    run = FakeEvaluation().at(RunStatus.SMOKE_TESTING)
    run.calibrate()
    run.ledger.transition(RUN_ID, RunStatus.STARTING)
    run.ledger.transition(RUN_ID, RunStatus.TRAINING)
    run.ledger.update(RUN_ID, {"model_arn": "arn:m"})
    run.deploy()
    assert run.store.read
    assert run.test_uri not in run.store.read
    run.evaluate(FIRST)
    assert run.test_uri in run.store.read
