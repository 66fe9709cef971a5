"""The HTTP API's routes. Ports are injected by `Depends`; tests replace them in `app.dependency_overrides`."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from rft import wiring
from rft.contracts.base import SplitName
from rft.contracts.deployments import DeploymentList, DeploymentView
from rft.contracts.http.api import ApprovalRequest, RunAccepted, RunEvents, RunList, RunView
from rft.contracts.http.files import RolloutPage, RunFileList
from rft.contracts.http.openapi import ApiDescription
from rft.contracts.http.patterns import TAG
from rft.contracts.http.principal import Principal
from rft.contracts.http.report import RunReport
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunName, RunRequest
from rft.experiment_routes import experiment_routes
from rft.http import Api, caller_of, responses
from rft.http_parameters import DeploymentInPath, IdempotencyKey, PartCursor, PartLimit, RunIdInPath
from rft.observability import logger
from rft.ports.models import DeploymentRecords, ModelDeployments
from rft.ports.run_files import RunFiles
from rft.ports.runs import Approvals, Executions, JobQueue, Ledger, RunHistory
from rft.ports.storage import Clock, Notifier, ObjectStore
from rft.ports.training import RolloutReader, TrainingJobs
from rft.settings import GraderDirectory, JudgeDirectory, SelfApprovalSettings, StorageSettings
from rft.steps.api.approve_run import approve_run
from rft.steps.api.cancel_run import cancel_run
from rft.steps.api.deployments import delete_deployment, list_deployments, roll_back_deployment
from rft.steps.api.list_rollouts import RolloutFilter, list_rollouts
from rft.steps.api.list_run_files import list_run_files
from rft.steps.api.list_runs import list_runs
from rft.steps.api.show_report import ReportFormat, show_report
from rft.steps.api.show_run import show_events, show_run
from rft.steps.api.start_run import start_run

app = Api()
app.include_router(experiment_routes)

RunLedger = Annotated[Ledger, Depends(wiring.ledger)]
History = Annotated[RunHistory, Depends(wiring.run_history)]
ApprovalStore = Annotated[Approvals, Depends(wiring.approvals)]
Caller = Annotated[Principal, Depends(lambda: caller_of(app.current_event.raw_event))]
Queue = Annotated[JobQueue, Depends(wiring.job_queue)]
RunExecutions = Annotated[Executions, Depends(wiring.executions)]
Jobs = Annotated[TrainingJobs, Depends(wiring.training_jobs)]
Deployments = Annotated[ModelDeployments, Depends(wiring.model_deployments)]
Records = Annotated[DeploymentRecords, Depends(wiring.deployment_records)]
Topic = Annotated[Notifier, Depends(wiring.notifier)]
WallClock = Annotated[Clock, Depends(wiring.clock)]
Graders = Annotated[GraderDirectory, Depends(GraderDirectory.from_environment)]
Judges = Annotated[JudgeDirectory, Depends(JudgeDirectory.from_environment)]
Storage = Annotated[StorageSettings, Depends(StorageSettings.from_environment)]
SelfApproval = Annotated[SelfApprovalSettings, Depends(SelfApprovalSettings.from_environment)]
Rollouts = Annotated[RolloutReader, Depends(wiring.rollout_reader)]
Folder = Annotated[RunFiles, Depends(wiring.run_files)]
Objects = Annotated[ObjectStore, Depends(wiring.object_store)]
ReportForm = Annotated[ReportFormat, Query(alias="format", description="html: one page that loads nothing.")]
REPORT_TYPES = {"json": "application/json", "html": "text/html; charset=utf-8"}


@app.post(
    "/runs", summary="Start a run", operation_id="startRun",
    responses=responses(400, 409, 413, 415, 422, _202=RunAccepted, _200=RunAccepted),
)  # fmt: skip
def post_run(
    *,
    request: RunRequest,
    caller: Caller,
    ledger: RunLedger,
    executions: RunExecutions,
    clock: WallClock,
    graders: Graders,
    storage: Storage,
    judges: Judges,
    key: IdempotencyKey = None,
) -> Response[RunAccepted]:
    """Starts a run: 202 if it is new, 200 if the same Idempotency-Key has started it before."""
    run = start_run(
        request=request,
        key=None if key is None else caller.own_key(key),
        caller=caller,
        ledger=ledger,
        executions=executions,
        clock=clock,
        graders=graders.graders,
        storage=storage,
        judges=judges,
    )
    logger().append_keys(run_id=run.accepted.run_id)
    logger().info("run requested", extra={"new": run.new, "status": run.accepted.status})
    location = {"Location": run.accepted.links["self"]}
    return Response(202 if run.new else 200, "application/json", run.accepted, headers=location)


@app.get("/runs", summary="List runs", operation_id="listRuns", responses=responses(422, _200=RunList))
def get_runs(
    *,
    history: History,
    queue: Queue,
    status: Annotated[RunStatus | None, Query()] = None,
    name: Annotated[RunName | None, Query()] = None,
    tag: Annotated[str | None, Query(pattern=TAG, max_length=385, description="key=value")] = None,
    requested_by: Annotated[str | None, Query(max_length=1000, description="The id of who started them.")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Max runs per page.")] = 25,
    cursor: Annotated[str | None, Query(max_length=200, description="Cursor from the previous page.")] = None,
) -> RunList:
    """Returns runs that match all filters, newest first."""
    return list_runs(
        status=status, name=name, tag=tag, requested_by=requested_by, limit=limit, cursor=cursor,
        history=history, queue=queue,
    )  # fmt: skip


@app.get("/runs/<run_id>", summary="Show a run", operation_id="showRun", responses=responses(404, 422, _200=RunView))
def get_run(run_id: RunIdInPath, ledger: RunLedger, history: History, queue: Queue, storage: Storage) -> RunView:
    """Returns the run's current state with its history."""
    logger().append_keys(run_id=run_id)
    return show_run(run_id=run_id, ledger=ledger, history=history, data_bucket=storage.data_bucket, queue=queue)


@app.get(
    "/runs/<run_id>/events", summary="Show a run's history", operation_id="showEvents",
    responses=responses(404, 422, _200=RunEvents),
)  # fmt: skip
def get_events(run_id: RunIdInPath, history: History) -> RunEvents:
    """Returns every status change of the run."""
    logger().append_keys(run_id=run_id)
    return show_events(run_id=run_id, history=history)


@app.get(
    "/runs/<run_id>/report", summary="Show a run's report", operation_id="showReport",
    responses=responses(404, 422, _200=RunReport),
)  # fmt: skip
def get_report(run_id: RunIdInPath, ledger: RunLedger, store: Objects, form: ReportForm = "json") -> Response[str]:
    """Returns the report of an ended run."""
    logger().append_keys(run_id=run_id)
    body = show_report(run_id=run_id, form=form, ledger=ledger, store=store)
    return Response(200, REPORT_TYPES[form], body, headers={"X-Content-Type-Options": "nosniff"})


@app.get(
    "/runs/<run_id>/rollouts", summary="List a run's rollouts", operation_id="listRollouts",
    responses=responses(404, 422, _200=RolloutPage),
)  # fmt: skip
def get_rollouts(
    *,
    run_id: RunIdInPath,
    ledger: RunLedger,
    reader: Rollouts,
    split: Annotated[SplitName | None, Query()] = None,
    task_id: Annotated[str | None, Query(max_length=1000, description="The dataset row's.")] = None,
    errors: Annotated[bool | None, Query(description="true: only rollouts that could not be graded.")] = None,
    min_score: Annotated[float | None, Query(ge=0, le=1)] = None,
    max_score: Annotated[float | None, Query(ge=0, le=1)] = None,
    limit: PartLimit = 100,
    cursor: PartCursor = None,
) -> RolloutPage:
    """Returns rollouts that match all filters, in grading order; with answers if the stack captures them."""
    logger().append_keys(run_id=run_id)
    accepted = RolloutFilter(split=split, task_id=task_id, errors=errors, min_score=min_score, max_score=max_score)
    return list_rollouts(run_id=run_id, accepted=accepted, limit=limit, cursor=cursor, ledger=ledger, reader=reader)


@app.get(
    "/runs/<run_id>/files", summary="List a run's files", operation_id="listFiles",
    responses=responses(404, 422, _200=RunFileList),
)  # fmt: skip
def get_files(
    *, run_id: RunIdInPath, ledger: RunLedger, files: Folder, clock: WallClock, limit: PartLimit = 100,
    cursor: PartCursor = None,
) -> RunFileList:  # fmt: skip
    """Lists all files of the run, each with a presigned URL that is valid for 15 minutes."""
    logger().append_keys(run_id=run_id)
    return list_run_files(run_id=run_id, limit=limit, cursor=cursor, ledger=ledger, files=files, clock=clock)


@app.post(
    "/runs/<run_id>/cancel", summary="Cancel a run", operation_id="cancelRun",
    responses=responses(404, 409, 422, _200=RunView),
)  # fmt: skip
def post_cancel(
    *,
    run_id: RunIdInPath,
    caller: Caller,
    ledger: RunLedger,
    history: History,
    executions: RunExecutions,
    jobs: Jobs,
    deployments: Deployments,
    records: Records,
    notifier: Topic,
    storage: Storage,
) -> RunView:
    """Cancels the run and stops its execution and job; a run that has a model becomes COMPLETED without an evaluation.

    Idempotent; no body is required.
    """
    logger().append_keys(run_id=run_id)
    cancel_run(
        run_id=run_id,
        caller=caller,
        ledger=ledger,
        executions=executions,
        jobs=jobs,
        deployments=deployments,
        records=records,
        notifier=notifier,
    )
    return show_run(run_id=run_id, ledger=ledger, history=history, data_bucket=storage.data_bucket)


@app.post(
    "/runs/<run_id>/approve", summary="Answer a run that awaits approval", operation_id="approveRun",
    responses=responses(400, 403, 404, 409, 413, 415, 422, _200=RunView),
)  # fmt: skip
def post_approve(
    *,
    run_id: RunIdInPath,
    answer: ApprovalRequest,
    caller: Caller,
    ledger: RunLedger,
    history: History,
    approvals: ApprovalStore,
    executions: RunExecutions,
    clock: WallClock,
    storage: Storage,
    approval: SelfApproval,
) -> RunView:
    """Records the decision, which takes effect immediately. The first decision is final; repeating it is idempotent."""
    logger().append_keys(run_id=run_id)
    approve_run(
        run_id=run_id,
        answer=answer,
        caller=caller,
        allow_self_approval=approval.allow_self_approval,
        ledger=ledger,
        approvals=approvals,
        executions=executions,
        clock=clock,
    )
    return show_run(run_id=run_id, ledger=ledger, history=history, data_bucket=storage.data_bucket)


@app.get(
    "/deployments",
    summary="List deployments",
    operation_id="listDeployments",
    responses=responses(422, _200=DeploymentList),
)
def get_deployments(deployments: Deployments, records: Records) -> DeploymentList:
    """Lists deployments changed by this stack's promotions, with who changed them, when, and by which run."""
    return list_deployments(deployments=deployments, records=records)


@app.post(
    "/deployments/<name>/rollback", summary="Return a deployment to the model before",
    operation_id="rollBackDeployment", responses=responses(404, 409, 422, _200=DeploymentView),
)  # fmt: skip
def post_rollback(
    *, name: DeploymentInPath, caller: Caller, deployments: Deployments, records: Records, clock: WallClock
) -> DeploymentView:
    """Restores the deployment's previous model, which takes minutes. Idempotent; no body is required."""
    return roll_back_deployment(name=name, caller=caller, deployments=deployments, records=records, clock=clock)


@app.delete(
    "/deployments/<name>", summary="Delete a deployment", operation_id="deleteDeployment",
    responses=responses(404, 409, 422, _200=DeploymentView),
)  # fmt: skip
def delete_named_deployment(
    *, name: DeploymentInPath, caller: Caller, deployments: Deployments, records: Records, clock: WallClock
) -> DeploymentView:
    """Deletes the deployment; its history is kept. Idempotent."""
    return delete_deployment(name=name, caller=caller, deployments=deployments, records=records, clock=clock)


@app.get(
    "/openapi.json", summary="Describe the API", operation_id="describeApi",
    responses=responses(422, _200=ApiDescription),
)  # fmt: skip
def get_openapi() -> dict[str, Any]:
    """Returns the API's description in OpenAPI 3.1."""
    return app.document(title="rft-control-plane", version="1", description="Reinforcement fine-tuning runs.")


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handles one API Gateway request (payload 2.0)."""
    return app.resolve(event, context)
