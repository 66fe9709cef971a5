"""Requirements of a round for the previous run. Pure."""

from __future__ import annotations

from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.errors import InvalidRequest

FIELD = "from_run.run_id"


def check_round(request: RunRequest, earlier: RunRecord) -> None:
    """Raises InvalidRequest if the earlier run has no model or rollouts, or a different task, split or grader."""
    name = earlier.run_id
    if earlier.status is not RunStatus.COMPLETED or earlier.dataset is None or earlier.model_arn is None:
        raise InvalidRequest(f"{name} is {earlier.status}: a round follows a COMPLETED run with a model", field=FIELD)
    before = earlier.request
    if request.dataset.task != before.dataset.task:
        why = f"the rows of {name} are of task {before.dataset.task}, not {request.dataset.task}"
        raise InvalidRequest(why, field="dataset.task")
    if request.dataset.split != before.dataset.split:
        why = f"must be as in the request of {name}: its validation and test rows stay"
        raise InvalidRequest(why, field="dataset.split")
    if request.grader != before.grader:
        raise InvalidRequest(f"must be as in the request of {name}, whose rollouts it scored", field="grader")
    drops = request.from_run is not None and request.from_run.drops_rows
    if drops and (earlier.metrics is None or earlier.metrics.rollouts == 0):
        why = f"{name} has no rollouts to drop rows by; set from_run.solved_score and hopeless_score to null"
        raise InvalidRequest(why, field=FIELD)
