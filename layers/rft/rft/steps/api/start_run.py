"""Starts a run: validates the request, adds the run to the ledger, starts the execution.

State after a failed start of the execution:

- With a key, the run stays PENDING, and the same request with the same key resumes there.
- Without a key, the run cannot be found again, so it ends as FAILED. If the execution has started after
  all (its response was lost), its first step finds the run ended and stops: nothing is trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rft.contracts.http.api import RunAccepted, addresses
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import Failure, RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import ExecutionInput
from rft.datasets.address import check_address, check_version
from rft.errors import InvalidRequest, RetryableServiceError, RetryableThrottling, RunNotFound, TransitionRefused
from rft.grading.grader_arn import grader_arn
from rft.ports.runs import Executions, Ledger
from rft.ports.storage import Clock
from rft.runs.audit import check_audit_judge
from rft.runs.earlier_round import check_round
from rft.runs.ids import keyed_run_id, new_run_id
from rft.runs.start_point import check_start, start_point, taken_up
from rft.runs.webhook_address import webhook_address
from rft.settings import JudgeDirectory, StorageSettings
from rft.tasks import task as task_named

NO_JUDGES = JudgeDirectory.model_validate({})


@dataclass(frozen=True)
class RequestedRun:
    """The requested run; `new` if this request created it."""

    accepted: RunAccepted
    new: bool


def start_run(
    *,
    request: RunRequest,
    key: str | None,
    caller: Principal,
    ledger: Ledger,
    executions: Executions,
    clock: Clock,
    graders: Mapping[str, str],
    storage: StorageSettings,
    judges: JudgeDirectory = NO_JUDGES,
) -> RequestedRun:
    """Starts a run, or returns the one that was started by the same request and key.

    Raises InvalidRequest, RunConflict (the key was used for another request) and the Retryable… errors.
    """
    check_request(request, graders=graders, storage=storage, judges=judges)
    earlier = _earlier(request, ledger)
    _check_round_before(request, ledger)
    run_id = _run_id(request, None if key is None else run_key(key, storage), clock)
    requested = _pending(run_id, request, earlier, caller, clock)
    found = ledger.create(requested, key=key)
    new = found == requested
    if found.status == RunStatus.PENDING and found.execution_arn is None:
        found = _execute(found, earlier, key, ledger, executions)
    accepted = RunAccepted(run_id=found.run_id, status=found.status, links=addresses(found.run_id))
    return RequestedRun(accepted=accepted, new=new)


def run_key(key: str, storage: StorageSettings) -> str:
    # The id includes the stack, because stacks of an account share job names.
    return f"{storage.data_bucket}\n{key}"


def check_request(
    request: RunRequest, *, graders: Mapping[str, str], storage: StorageSettings, judges: JudgeDirectory
) -> None:
    """Validates tasks, URIs and graders of this stack, beyond the request's own model. Raises InvalidRequest."""
    task = task_named(request.dataset.task)
    address = check_address(request.dataset.uri, storage.data_bucket, storage.allowed_hosts)
    check_version(address, request.dataset.version)
    grader_arn(request.grader, task.default_grader, graders)
    if request.notify.webhook is not None:
        webhook_address(request.notify.webhook, storage.webhook_hosts)
    check_audit_judge(
        request, task.default_grader, judges=judges.judge_model_ids, audit_judge=judges.audit_judge_model_id
    )


def _earlier(request: RunRequest, ledger: Ledger) -> RunRecord | None:
    """The run that this run starts from, if any. Raises InvalidRequest."""
    if request.start_from is None:
        return None
    try:
        earlier = ledger.get(request.start_from.run_id)
    except RunNotFound as error:
        raise InvalidRequest(str(error), field="start_from.run_id") from error
    check_start(request, earlier)
    return earlier


def _check_round_before(request: RunRequest, ledger: Ledger) -> None:
    """Raises InvalidRequest if the named run cannot be followed by a round."""
    if request.from_run is None:
        return
    try:
        check_round(request, ledger.get(request.from_run.run_id))
    except RunNotFound as error:
        raise InvalidRequest(str(error), field="from_run.run_id") from error


def _run_id(request: RunRequest, key: str | None, clock: Clock) -> str:
    return new_run_id(request.name, clock.now()) if key is None else keyed_run_id(request.name, key)


def _pending(run_id: str, request: RunRequest, earlier: RunRecord | None, caller: Principal, clock: Clock) -> RunRecord:
    now = clock.now()
    return RunRecord(
        run_id=run_id,
        name=request.name,
        status=RunStatus.PENDING,
        request=request,
        requested_by=caller,
        created_at=now,
        updated_at=now,
        **(taken_up(request, earlier) if earlier else {}),
    )


def _execute(
    record: RunRecord, earlier: RunRecord | None, key: str | None, ledger: Ledger, executions: Executions
) -> RunRecord:
    start = start_point(record.request, earlier) if earlier else None
    payload = ExecutionInput(run_id=record.run_id, request=record.request, start=start).model_dump(mode="json")
    with _failed_unless_repeatable(record, key, ledger):
        arn = executions.start(record.run_id, payload)
    # The run has started, so a failure to record the execution's ARN is ignored: the ARN derives from the run id.
    with suppress(TransitionRefused, RetryableThrottling, RetryableServiceError):
        ledger.update(record.run_id, {"execution_arn": arn})
    return record.model_copy(update={"execution_arn": arn})


@contextmanager
def _failed_unless_repeatable(record: RunRecord, key: str | None, ledger: Ledger) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if key is None:
            failure = Failure(stage=RunStatus.PENDING, error=type(error).__name__, cause=str(error))
            detail = "the execution could not be started"
            ledger.transition(record.run_id, RunStatus.FAILED, detail=detail, changes={"failure": failure})
        raise
