"""evaluate_model: samples one model's answers to a part of the test split, and grades them."""

from __future__ import annotations

from datetime import datetime, timedelta

from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import EvaluatedPart, EvaluationPart, PreparedDataset
from rft.errors import EvaluationFailed, TransitionRefused
from rft.evaluation.protocol import EVALUATION_TEMPERATURE, sampling_protocol
from rft.evaluation.rollouts import Rollouts, RolloutStore, in_chunks
from rft.evaluation.sampling import Sampling
from rft.evaluation.split_rows import evaluation_rows
from rft.observability import logger
from rft.ports.grading import GraderInvoker
from rft.ports.models import ModelSampler
from rft.ports.runs import Ledger, RunHistory
from rft.ports.storage import Clock, ObjectStore

SAMPLE_WITHIN = timedelta(seconds=570)
"""Part of Lambda's 900 s; the rest is reserved for the grader's last batch, which may take 300 s."""


def evaluate_model(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    grader_arn: str,
    model_id: str,
    part: EvaluationPart,
    sampler: ModelSampler,
    invoker: GraderInvoker,
    store: ObjectStore,
    ledger: Ledger,
    history: RunHistory,
    clock: Clock,
) -> EvaluatedPart:
    """Writes the part's chunks to `runs/<run_id>/evaluation/`; existing ones are reused.

    Raises ModelNotInvocable, EvaluationFailed (evaluation.max_hours exceeded), StalePlan,
    DatasetNotFound, TransitionRefused (the run has ended), RunNotFound and the Retryable… errors.
    """
    _check_open(run_id, request, ledger, history, clock.now())
    protocol = sampling_protocol(dataset.hyperparameters, temperature=EVALUATION_TEMPERATURE)
    rollouts = Rollouts(
        stored=RolloutStore(store, run_id, "evaluation", part.model),
        sampling=Sampling(sampler, model_id, protocol, clock, clock.now() + SAMPLE_WITHIN),
        grader_arn=grader_arn,
        invoker=invoker,
        split="test",
        bounds=request.score_range,
    )
    chunks = in_chunks(evaluation_rows(request, dataset, store).prompts)
    numbers = range(part.first, min(part.first + part.chunks, len(chunks)))
    answered = 0
    for number in numbers:
        answers, _ = rollouts.chunk(number, chunks[number])
        if judge := request.evaluation.audit_judge:
            rollouts.audit_chunk(judge, number, chunks[number], answers)
        answered += len(answers.answers)
    logger().info("model evaluated", model=part.model, first=part.first, answers=answered)
    return EvaluatedPart(model=part.model, first=part.first, answers=answered)


def _check_open(run_id: str, request: RunRequest, ledger: Ledger, history: RunHistory, now: datetime) -> None:
    if ledger.get(run_id).status is not RunStatus.EVALUATING:
        raise TransitionRefused(f"{run_id} is no longer being evaluated")
    started = max((e.at for e in history.events(run_id) if e.after is RunStatus.EVALUATING), default=now)
    if now - started > timedelta(hours=request.evaluation.max_hours):
        raise EvaluationFailed(f"it has taken longer than evaluation.max_hours ({request.evaluation.max_hours:g} h)")
