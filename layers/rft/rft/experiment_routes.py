"""API routes of experiments, included by `functions/api/app.py`."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.openapi.params import Query

from rft import wiring
from rft.contracts.experiments.request import ExperimentRequest
from rft.contracts.http.experiments import ExperimentAccepted, ExperimentList, ExperimentView
from rft.contracts.http.principal import Principal
from rft.http import caller_of, responses
from rft.http_parameters import ExperimentIdInPath, IdempotencyKey
from rft.observability import logger
from rft.ports.experiments import Experiments, RunPorts
from rft.ports.runs import Executions
from rft.ports.storage import Clock
from rft.settings import GraderDirectory, JudgeDirectory, StorageSettings
from rft.steps.api.cancel_experiment import cancel_experiment
from rft.steps.api.experiments import experiment_accepted, experiment_view, list_experiments, show_experiment
from rft.steps.api.start_experiment import start_experiment

experiment_routes = Router()  # type: ignore[no-untyped-call]

Caller = Annotated[Principal, Depends(lambda: caller_of(experiment_routes.current_event.raw_event))]
ExperimentStore = Annotated[Experiments, Depends(wiring.experiments)]
ExperimentExecutions = Annotated[Executions, Depends(wiring.experiment_executions)]
EndedRuns = Annotated[RunPorts, Depends(wiring.run_ports)]
WallClock = Annotated[Clock, Depends(wiring.clock)]
Graders = Annotated[GraderDirectory, Depends(GraderDirectory.from_environment)]
Judges = Annotated[JudgeDirectory, Depends(JudgeDirectory.from_environment)]
Storage = Annotated[StorageSettings, Depends(StorageSettings.from_environment)]


@experiment_routes.post(
    "/experiments",
    summary="Start an experiment",
    operation_id="startExperiment",
    responses=responses(400, 409, 413, 415, 422, _202=ExperimentAccepted, _200=ExperimentAccepted),
)
def post_experiment(
    *,
    request: ExperimentRequest,
    caller: Caller,
    experiments: ExperimentStore,
    executions: ExperimentExecutions,
    clock: WallClock,
    graders: Graders,
    storage: Storage,
    judges: Judges,
    key: IdempotencyKey = None,
) -> Response[ExperimentAccepted]:
    """Starts an experiment: 202 if it is new, 200 if the same Idempotency-Key has started it before."""
    found = start_experiment(
        request=request,
        key=None if key is None else caller.own_key(key),
        caller=caller,
        experiments=experiments,
        executions=executions,
        clock=clock,
        graders=graders.graders,
        storage=storage,
        judges=judges,
    )
    logger().append_keys(experiment_id=found.record.experiment_id)
    logger().info("experiment requested", extra={"new": found.new, "arms": len(found.record.arms)})
    accepted = experiment_accepted(found.record)
    location = {"Location": accepted.links["self"]}
    return Response(202 if found.new else 200, "application/json", accepted, headers=location)


@experiment_routes.get(
    "/experiments",
    summary="List experiments",
    operation_id="listExperiments",
    responses=responses(422, _200=ExperimentList),
)
def get_experiments(
    *,
    experiments: ExperimentStore,
    limit: Annotated[int, Query(ge=1, le=100, description="Maximum number of experiments per page.")] = 25,
    cursor: Annotated[str | None, Query(max_length=200, description="Cursor from the previous page.")] = None,
) -> ExperimentList:
    """Lists experiments, newest first."""
    return list_experiments(limit=limit, cursor=cursor, experiments=experiments)


@experiment_routes.get(
    "/experiments/<experiment_id>",
    summary="Show an experiment",
    operation_id="showExperiment",
    responses=responses(404, 422, _200=ExperimentView),
)
def get_experiment(experiment_id: ExperimentIdInPath, experiments: ExperimentStore) -> ExperimentView:
    """Returns the experiment with its arms as of the last check, and its leaderboard once it has ended."""
    logger().append_keys(experiment_id=experiment_id)
    return show_experiment(experiment_id=experiment_id, experiments=experiments)


@experiment_routes.post(
    "/experiments/<experiment_id>/cancel",
    summary="Cancel an experiment",
    operation_id="cancelExperiment",
    responses=responses(404, 409, 422, _200=ExperimentView),
)
def post_cancel_experiment(
    *,
    experiment_id: ExperimentIdInPath,
    caller: Caller,
    experiments: ExperimentStore,
    executions: ExperimentExecutions,
    runs: EndedRuns,
) -> ExperimentView:
    """Cancels the experiment with all its runs and their jobs. Idempotent; no body is required."""
    logger().append_keys(experiment_id=experiment_id)
    record = cancel_experiment(
        experiment_id=experiment_id, caller=caller, experiments=experiments, executions=executions, runs=runs
    )
    return experiment_view(record)
