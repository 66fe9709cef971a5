"""check_promotion: waits until the promoted model is served, checks it, and reverts the change if the check fails."""

from __future__ import annotations

from datetime import datetime

from rft.contracts.deployments import DeploymentRecord, PromotionSummary
from rft.contracts.evaluation import EvaluationReport
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset, PromotionCheck
from rft.errors import DeploymentFailed, TransitionRefused
from rft.evaluation.held_out import PromotedAnswers, check_held_out
from rft.evaluation.promotion import CHANGE_WITHIN, failure, is_served, revert_change
from rft.evaluation.protocol import EVALUATION_TEMPERATURE, sampling_protocol
from rft.evaluation.rollouts import Rollouts, RolloutStore
from rft.evaluation.sampling import Sampling
from rft.evaluation.split_rows import evaluation_rows
from rft.observability import logger
from rft.ports.grading import GraderInvoker
from rft.ports.models import DeploymentRecords, ModelDeployments, ModelSampler
from rft.ports.runs import Ledger
from rft.ports.storage import Clock, ObjectStore
from rft.steps.evaluation.evaluate_model import SAMPLE_WITHIN


def check_promotion(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    grader_arn: str,
    deployments: ModelDeployments,
    records: DeploymentRecords,
    sampler: ModelSampler,
    invoker: GraderInvoker,
    store: ObjectStore,
    ledger: Ledger,
    clock: Clock,
) -> PromotionCheck:
    """Returns whether the promotion has ended: completed or reverted.

    Raises DeploymentFailed (the revert fails) and DeploymentRefused, and as evaluate_model.
    """
    run = ledger.get(run_id)
    summary = _under_way(run)
    record = records.get(summary.deployment)
    change = record.open_change
    if change is None or summary.status == "completed":
        return _completed(run_id, summary, record, ledger, records)
    live = deployments.find(record.name)
    problem = failure(change, live, clock.now())
    if change.status == "running" and not problem:
        if live is None or not is_served(change, live):
            return PromotionCheck(ended=False)
        sampling = _sampling(live.arn, dataset, sampler, clock)
        stored = RolloutStore(store, run_id, "promotion", "tuned")
        rollouts = Rollouts(stored, sampling, grader_arn, invoker, split="test", bounds=request.score_range)
        checked = check_held_out(rollouts, evaluation_rows(request, dataset, store).prompts, _report(run, store))
        summary = _with_check(summary, live.arn, checked)
        if not checked.problem:
            return _completed(run_id, summary, record, ledger, records)
        problem = checked.problem
    return _reverted(run_id, summary, revert_change(record, problem, deployments, records), ledger, clock.now())


def _sampling(arn: str, dataset: PreparedDataset, sampler: ModelSampler, clock: Clock) -> Sampling:
    protocol = sampling_protocol(dataset.hyperparameters, temperature=EVALUATION_TEMPERATURE)
    return Sampling(sampler, arn, protocol, clock, clock.now() + SAMPLE_WITHIN)


def _under_way(run: RunRecord) -> PromotionSummary:
    if run.status is not RunStatus.EVALUATING or run.promotion is None:
        raise TransitionRefused(f"{run.run_id} is no longer being promoted")
    return run.promotion


def _with_check(summary: PromotionSummary, arn: str, checked: PromotedAnswers) -> PromotionSummary:
    found = {"prompts": checked.prompts, "mean_score": checked.mean_score, "least_score": checked.least_score}
    return summary.model_copy(update={"deployment_arn": arn, "reason": checked.problem, **found})


def _completed(
    run_id: str, summary: PromotionSummary, record: DeploymentRecord, ledger: Ledger, records: DeploymentRecords
) -> PromotionCheck:
    change = record.last
    if change is not None and change.status == "reverted":  # by an earlier attempt whose response was lost
        return _reverted(run_id, summary, record, ledger, change.at)
    # The run's record first: a promotion whose run ended before that is reverted.
    ledger.update(run_id, {"promotion": summary.model_copy(update={"status": "completed"})})
    if record.open_change is not None:
        records.put(record.revising("completed"))
    logger().info("model promoted", deployment=record.name, mean_score=summary.mean_score)
    return PromotionCheck(ended=True)


def _reverted(
    run_id: str, summary: PromotionSummary, record: DeploymentRecord, ledger: Ledger, now: datetime
) -> PromotionCheck:
    change = record.changes[-1]
    if change.is_open and now - change.at > 2 * CHANGE_WITHIN:
        raise DeploymentFailed(f"{record.name} could not be reverted to its previous model: {change.reason}")
    if not change.is_open:
        ended = {"status": "rolled_back", "reason": summary.reason or change.reason}
        ledger.update(run_id, {"promotion": summary.model_copy(update=ended)})
        logger().warning("promotion rolled back", deployment=record.name)
    return PromotionCheck(ended=not change.is_open)


def _report(run: RunRecord, store: ObjectStore) -> EvaluationReport | None:
    uri = run.evaluation.report_uri if run.evaluation else None
    return EvaluationReport.model_validate_json(store.get_bytes(uri)) if uri else None
