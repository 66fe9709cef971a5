"""start_arm: adds the run of an arm or a preparation to the ledger, if it may start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rft.contracts.experiments.record import ARM_ENDED, ExperimentRecord
from rft.contracts.experiments.steps import StartedArm
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.measuring_request import CalibrationRequest
from rft.contracts.run_request import Mode, RunRequest, StartFromRequest
from rft.contracts.steps import ExecutionInput
from rft.errors import InvalidRequest, RunNotFound
from rft.experiments.arms import arm_requests
from rft.experiments.budget import allows_start
from rft.experiments.progress import with_arm
from rft.observability import logger
from rft.ports.experiments import Experiments
from rft.ports.runs import Ledger
from rft.ports.storage import Clock
from rft.runs.start_point import check_start, start_point, taken_up


def start_arm(
    *,
    experiment_id: str,
    kind: Literal["preparation", "arm"],
    number: int,
    experiments: Experiments,
    ledger: Ledger,
    clock: Clock,
) -> StartedArm:
    """Returns the run to start, or why it must not start. Idempotent: the run's id derives from the experiment's.

    An arm reuses the rows and the tested grader of its preparation; it is skipped if the preparation failed or the
    budget is spent. Raises ExperimentNotFound, RunConflict and the Retryable… errors.
    """
    starter = _Starter(experiments, ledger, clock)
    if kind == "preparation":
        return starter.preparation(experiment_id, number)
    started = starter.arm(experiment_id, number)
    logger().info("arm started" if started.start else "arm skipped", run_id=started.run_id, reason=started.reason)
    return started


@dataclass(frozen=True)
class _Starter:
    experiments: Experiments
    ledger: Ledger
    clock: Clock

    def preparation(self, experiment_id: str, number: int) -> StartedArm:
        """All stages of a run except the job, run once for all arms that share them."""
        record = self.experiments.get(experiment_id)
        run_id = record.preparations[number].run_id
        if record.status.ended:
            return StartedArm(start=False, run_id=run_id, reason=f"the experiment is {record.status}")
        arm = next(arm for arm in record.arms if arm.preparation == number)
        request = _preparation(record.request.base, arm_requests(record.request)[arm.name], run_id)
        return self._added(experiment_id, run_id, request, None)

    def arm(self, experiment_id: str, number: int) -> StartedArm:
        name = self.experiments.get(experiment_id).arms[number].name

        def claim(last: ExperimentRecord) -> ExperimentRecord:
            if last.status.ended or last.arms[number].status != "planned":
                return last
            started = sum(arm.status not in {"planned", "skipped"} for arm in last.arms)
            spent = last.spent.model_copy(update={"runs": started})
            why = last.budget_reached or allows_start(last.request.budget, spent)
            status = "skipped" if why else "running"
            return with_arm(last, name, status=status, reason=f"the experiment's budget: {why}" if why else "")

        # Claimed before the run is created, so that a cancellation finds it.
        record = self.experiments.change(experiment_id, claim)
        arm = record.arms[number]
        if record.status.ended or arm.status != "running":
            return StartedArm(start=False, run_id=arm.run_id, reason=arm.reason)
        preparation = self._prepared(record.preparations[arm.preparation].run_id)
        request = _arm(arm_requests(record.request)[name], arm.run_id, record.preparations[arm.preparation].run_id)
        if why := _unready(request, preparation):
            return self._skipped(experiment_id, name, arm.run_id, why)
        return self._added(experiment_id, arm.run_id, request, preparation)

    def _prepared(self, run_id: str) -> RunRecord | None:
        try:
            return self.ledger.get(run_id)
        except RunNotFound:
            return None

    def _skipped(self, experiment_id: str, name: str, run_id: str, reason: str) -> StartedArm:
        self.experiments.change(experiment_id, lambda last: with_arm(last, name, status="skipped", reason=reason))
        return StartedArm(start=False, run_id=run_id, reason=reason)

    def _added(self, experiment_id: str, run_id: str, request: RunRequest, preparation: RunRecord | None) -> StartedArm:
        record, now = self.experiments.get(experiment_id), self.clock.now()
        run = RunRecord(
            run_id=run_id,
            name=request.name,
            status=RunStatus.PENDING,
            request=request,
            requested_by=record.requested_by,
            created_at=now,
            updated_at=now,
            **(taken_up(request, preparation) if preparation else {}),
        )
        self.ledger.create(run)
        if why := _called_off(self.experiments.get(experiment_id), run_id):  # the canceller may have missed this run
            self.ledger.transition(run_id, RunStatus.CANCELLED, detail=why)
            return StartedArm(start=False, run_id=run_id, reason=why)
        start = start_point(request, preparation) if preparation else None
        payload = ExecutionInput(run_id=run_id, request=request, start=start).model_dump(mode="json")
        return StartedArm(start=True, run_id=run_id, input=payload)


def _called_off(record: ExperimentRecord, run_id: str) -> str:
    """Why a run must not be started, '' if it may."""
    if record.status.ended:
        return "the experiment has ended"
    arm = next((arm for arm in record.arms if arm.run_id == run_id), None)
    stopped = arm is not None and (arm.status in ARM_ENDED or arm.stop is not None)
    return "its arm was stopped" if stopped else ""


def _unready(request: RunRequest, preparation: RunRecord | None) -> str:
    """Why the arm cannot use its preparation, '' if it can."""
    if preparation is None:
        return "the run that was to prepare its rows was not started"
    try:
        check_start(request, preparation)
    except InvalidRequest as error:
        failure = preparation.failure
        return f"{error}{f': {failure.error}: {failure.cause}' if failure else ''}"
    return ""


def _preparation(base: RunRequest, arm: RunRequest, run_id: str) -> RunRequest:
    """The arm's rows and grader with the base's hyperparameters; calibrated unless the base disables it."""
    enabled = arm.calibration.enabled is not False
    return arm.model_copy(
        update={
            "name": _name(run_id),
            "mode": Mode.PREFLIGHT,
            "hyperparameters": base.hyperparameters,
            "calibration": CalibrationRequest.model_validate({**arm.calibration.model_dump(), "enabled": enabled}),
        }
    )


def _arm(request: RunRequest, run_id: str, preparation: str) -> RunRequest:
    start = StartFromRequest(run_id=preparation, stage="training")
    return request.model_copy(update={"name": _name(run_id), "start_from": start})


def _name(run_id: str) -> str:
    """The run's name: its id without timestamp and hash."""
    return run_id.rsplit("-", 2)[0]
