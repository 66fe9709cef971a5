"""Starts an experiment: validates every arm's request, adds the experiment to the ledger, starts its execution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from rft.contracts.experiments.record import Arm, ExperimentFailure, ExperimentRecord, ExperimentStatus, Preparation
from rft.contracts.experiments.request import ExperimentRequest
from rft.contracts.experiments.steps import ExperimentInput
from rft.contracts.http.principal import Principal
from rft.contracts.run_request import RunRequest
from rft.errors import InvalidRequest
from rft.experiments.arms import arm_requests, changes_of, preparation_key
from rft.experiments.schedule import poll_seconds
from rft.ports.experiments import Experiments
from rft.ports.runs import Executions
from rft.ports.storage import Clock
from rft.runs.ids import keyed_run_id, new_run_id
from rft.settings import JudgeDirectory, StorageSettings
from rft.steps.api.cancel_experiment import close_experiment
from rft.steps.api.start_run import check_request, run_key


@dataclass(frozen=True)
class RequestedExperiment:
    """The requested experiment; `new` if this request created it."""

    record: ExperimentRecord
    new: bool


def start_experiment(
    *,
    request: ExperimentRequest,
    key: str | None,
    caller: Principal,
    experiments: Experiments,
    executions: Executions,
    clock: Clock,
    graders: Mapping[str, str],
    storage: StorageSettings,
    judges: JudgeDirectory,
) -> RequestedExperiment:
    """Starts an experiment, or returns the one that was started by the same request and key.

    Raises InvalidRequest, RunConflict (the key was used for another request) and the Retryable… errors.
    """
    arms = arm_requests(request)
    for name, arm in arms.items():
        _check_arm(name, partial(check_request, arm, graders=graders, storage=storage, judges=judges))
    now = clock.now()
    experiment_id = (
        new_run_id(request.name, now)
        if key is None
        else keyed_run_id(request.name, f"experiment\n{run_key(key, storage)}")
    )
    requested = _pending(experiment_id, request, arms, caller, now)
    found = experiments.create(requested)
    if found.status is ExperimentStatus.PENDING:
        with _failed_unless_repeatable(found, key, experiments):
            found = _execute(found, experiments, executions)
    return RequestedExperiment(record=found, new=found.created_at == now)


def _check_arm(name: str, check: Callable[[], None]) -> None:
    try:
        check()
    except InvalidRequest as error:
        raise InvalidRequest(f"arm {name}: {error}", field="arms") from error


def _pending(
    experiment_id: str, request: ExperimentRequest, arms: Mapping[str, RunRequest], caller: Principal, now: datetime
) -> ExperimentRecord:
    # Run ids derive from the experiment's id, so retries find the same runs.
    keys = list(dict.fromkeys(map(preparation_key, arms.values())))
    return ExperimentRecord(
        experiment_id=experiment_id,
        name=request.name,
        status=ExperimentStatus.PENDING,
        request=request,
        requested_by=caller,
        created_at=now,
        updated_at=now,
        preparations=tuple(
            Preparation(run_id=keyed_run_id(f"{request.name}-p{number}", experiment_id))
            for number in range(1, len(keys) + 1)
        ),
        arms=tuple(
            Arm(
                name=name,
                run_id=keyed_run_id(f"{request.name}-{number:02d}", experiment_id),
                preparation=keys.index(preparation_key(arm)),
                changes=changes_of(request, name),
            )
            for number, (name, arm) in enumerate(arms.items(), 1)
        ),
    )


@contextmanager
def _failed_unless_repeatable(record: ExperimentRecord, key: str | None, experiments: Experiments) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        # A request without a key cannot be retried.
        if key is None:
            failure = ExperimentFailure(
                error=type(error).__name__, cause=f"its execution could not be started: {error}"
            )
            close_experiment(record.experiment_id, ExperimentStatus.FAILED, failure, experiments)
        raise


def _execute(record: ExperimentRecord, experiments: Experiments, executions: Executions) -> ExperimentRecord:
    payload = ExperimentInput(
        experiment_id=record.experiment_id,
        preparations=len(record.preparations),
        arms=len(record.arms),
        max_parallel=record.request.max_parallel,
        poll_seconds=poll_seconds(record.request),
    )
    arn = executions.start(record.experiment_id, payload.model_dump(mode="json"))
    changes = {"execution_arn": arn, "status": ExperimentStatus.RUNNING}

    def running(last: ExperimentRecord) -> ExperimentRecord:
        return last.model_copy(update=changes) if last.status is ExperimentStatus.PENDING else last

    return experiments.change(record.experiment_id, running)
