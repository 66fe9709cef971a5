"""The HTTP API: each route one call down.

Ports come in by `Depends`; tests put fakes in `app.dependency_overrides`.
"""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.openapi.params import Header, Path
from aws_lambda_powertools.utilities.typing import LambdaContext

from rft import wiring
from rft.api import Api, answers
from rft.contracts.api import RunAccepted, RunView
from rft.contracts.base import RunId
from rft.contracts.run_request import RunRequest
from rft.observability import logger
from rft.ports import Clock, Executions, Ledger
from rft.settings import GraderDirectory, StorageSettings
from rft.steps.show_run import show_run
from rft.steps.start_run import start_run

app = Api()

RunLedger = Annotated[Ledger, Depends(wiring.ledger)]
RunExecutions = Annotated[Executions, Depends(wiring.executions)]
WallClock = Annotated[Clock, Depends(wiring.clock)]
Graders = Annotated[GraderDirectory, Depends(GraderDirectory.from_environment)]
Storage = Annotated[StorageSettings, Depends(StorageSettings.from_environment)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]([ -~]{0,126}[!-~])?$",
        description="1 to 128 printable ASCII characters; the same key and request always meet the same run.",
    ),
]


@app.post(
    "/runs",
    summary="Start a run",
    operation_id="startRun",
    responses=answers(400, 409, 413, 415, 422, _202=RunAccepted, _200=RunAccepted),
)
def post_run(
    *,
    request: RunRequest,
    ledger: RunLedger,
    executions: RunExecutions,
    clock: WallClock,
    graders: Graders,
    storage: Storage,
    key: IdempotencyKey = None,
) -> Response[RunAccepted]:
    """202 for a run that this request made, 200 for the one that its Idempotency-Key had made before."""
    run = start_run(
        request=request,
        key=key,
        ledger=ledger,
        executions=executions,
        clock=clock,
        graders=graders.graders,
        storage=storage,
    )
    logger().append_keys(run_id=run.accepted.run_id)
    logger().info("run requested", extra={"new": run.new, "status": run.accepted.status})
    location = {"Location": run.accepted.links["self"]}
    return Response(202 if run.new else 200, "application/json", run.accepted, headers=location)


@app.get("/runs/<run_id>", summary="Show a run", operation_id="showRun", responses=answers(404, 422, _200=RunView))
def get_run(run_id: Annotated[RunId, Path()], ledger: RunLedger, storage: Storage) -> RunView:
    """The run as it stands, with its history."""
    logger().append_keys(run_id=run_id)
    return show_run(run_id=run_id, ledger=ledger, data_bucket=storage.data_bucket)


@app.get("/openapi.json", include_in_schema=False)
def get_openapi() -> dict[str, Any]:
    """The API's own description, in OpenAPI 3.1."""
    return app.document(title="rft-control-plane", version="1", description="Reinforcement fine-tuning runs.")


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One request, as API Gateway sends it (payload 2.0)."""
    return app.resolve(event, context)
