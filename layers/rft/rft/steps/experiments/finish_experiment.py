"""finish_experiment: the last step. Ends active arms, ranks all, and promotes the winner if requested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from rft.contracts.experiments.record import ExperimentFailure, ExperimentRecord, ExperimentStatus, Leaderboard
from rft.contracts.experiments.steps import FinishedExperiment
from rft.contracts.ledger import RunRecord
from rft.contracts.measuring_request import PromotionRequest
from rft.contracts.run_request import RunRequest, StartFromRequest
from rft.experiments.results import rank_arms
from rft.observability import logger
from rft.ports.experiments import Experiments, RunPorts
from rft.ports.storage import Clock, ObjectStore
from rft.runs.causes import readable_cause
from rft.settings import JudgeDirectory, StorageSettings
from rft.steps.api.cancel_experiment import close_experiment, end_runs
from rft.steps.api.start_run import RequestedRun, start_run
from rft.steps.experiments.check_experiment import known_runs, refreshed


def finish_experiment(
    *,
    experiment_id: str,
    error: str,
    cause: str,
    experiments: Experiments,
    runs: RunPorts,
    store: ObjectStore,
    clock: Clock,
    graders: Mapping[str, str],
    storage: StorageSettings,
    judges: JudgeDirectory,
) -> FinishedExperiment:
    """Ends the experiment with a leaderboard, or with `error` if its execution failed. The first end is final.

    An experiment without an evaluated arm has failed. Raises ExperimentNotFound and the Retryable… errors.
    """
    record = refreshed(experiment_id, experiments=experiments, ledger=runs.ledger, clock=clock)
    if record.status.ended:
        return _finished(record)
    if error:
        failure = ExperimentFailure(error=error, cause=readable_cause(error, cause))
        record = close_experiment(experiment_id, ExperimentStatus.FAILED, failure, experiments)
        return _finished(end_runs(record, f"its experiment failed: {error}", experiments, runs))
    known = known_runs(record, runs.ledger)
    board = rank_arms(record, known, store)
    if not board.standings:
        failure = ExperimentFailure(error="NoArmEvaluated", cause=_why_none(record))
        record = close_experiment(experiment_id, ExperimentStatus.FAILED, failure, experiments)
        return _finished(end_runs(record, f"its experiment failed: {failure.error}", experiments, runs))
    winner = _to_promote(record, board, known)
    start = partial(
        start_run, ledger=runs.ledger, executions=runs.executions, clock=clock, graders=graders, storage=storage,
        judges=judges,
    )  # fmt: skip
    promoted = None if winner is None else _promoted(record, winner, start)
    record = experiments.change(experiment_id, lambda last: _completed(last, board, promoted))
    logger().info("experiment ended", status=record.status, conclusion=board.conclusion)
    return _finished(record)


def _completed(last: ExperimentRecord, board: Leaderboard, promoted: str | None) -> ExperimentRecord:
    if last.status.ended:
        return last
    changes = {"status": ExperimentStatus.COMPLETED, "leaderboard": board, "promotion_run_id": promoted}
    return last.model_copy(update={**changes, "settled": True})


def _finished(record: ExperimentRecord) -> FinishedExperiment:
    failure = record.failure
    return FinishedExperiment(
        status=record.status, error=failure.error if failure else "", cause=failure.cause if failure else ""
    )


def _why_none(record: ExperimentRecord) -> str:
    return "; ".join(f"{arm.name}: {arm.status}{f', {arm.reason}' if arm.reason else ''}" for arm in record.arms)


def _to_promote(record: ExperimentRecord, board: Leaderboard, known: Mapping[str, RunRecord]) -> RunRecord | None:
    """The winner's run, if it is to be promoted: better than all other arms and than the base model."""
    if record.request.promotion is None or board.conclusion != "winner":
        return None
    winner = next(known[arm.run_id] for arm in record.arms if arm.name == board.best[0])
    return winner if winner.evaluation is not None and winner.evaluation.verdict == "better" else None


def _promoted(record: ExperimentRecord, winner: RunRecord, start: Callable[..., RequestedRun]) -> str | None:
    """Id of the run that promotes the winner; the same for every retry."""
    promotion, caller = record.request.promotion, record.requested_by
    if promotion is None or caller is None:
        return None
    changes = {
        "start_from": StartFromRequest(run_id=winner.run_id, stage="promotion"),
        "promotion": PromotionRequest(deployment=promotion.deployment),
    }
    request = RunRequest.model_validate(winner.request.model_copy(update=changes).model_dump(mode="json"))
    return start(request=request, key=f"{record.experiment_id}/promotion", caller=caller).accepted.run_id
