"""An experiment's progress, and which arms to stop. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from rft.contracts.experiments.record import ARM_ENDED, Arm, ArmStatus, ArmStop, ExperimentRecord
from rft.contracts.ledger import RunRecord, RunStatus
from rft.experiments.budget import exhausted, spent_by, total_spending
from rft.experiments.halving import falls_behind, reward_at, rungs
from rft.runs.status import TERMINAL

Runs = Mapping[str, RunRecord]
"""Existing run records by id."""

OUTCOMES: Mapping[RunStatus, ArmStatus] = {
    RunStatus.COMPLETED: "completed",
    RunStatus.CANCELLED: "cancelled",
    RunStatus.FAILED: "failed",
    RunStatus.REJECTED: "failed",
}


def observed(record: ExperimentRecord, runs: Runs, now: datetime) -> ExperimentRecord:
    training_hour_usd = record.request.budget.usd_per_training_hour
    arms = tuple(_observed_arm(record, arm, runs, now) for arm in record.arms)
    preparations = tuple(
        each.model_copy(
            update={"status": runs[each.run_id].status, "spent": spent_by(runs[each.run_id], now, training_hour_usd)}
        )
        if each.run_id in runs
        else each
        for each in record.preparations
    )
    # Preparations use judge calls but train nothing, so they do not count against the budget's runs.
    prepared = [each.spent.model_copy(update={"runs": 0}) for each in preparations]
    spent = total_spending([*prepared, *(arm.spent for arm in arms)])
    budget = exhausted(record.request.budget, spent)
    changes = {"arms": arms, "preparations": preparations, "spent": spent}
    return record.model_copy(update={**changes, "budget_reached": record.budget_reached or budget})


def stops(record: ExperimentRecord) -> dict[str, ArmStop]:
    """Arms to stop, by name: newly decided by the budget or the stop rule, and pending stops."""
    running = [arm for arm in record.arms if arm.status == "running"]
    decided = {arm.name: arm.stop for arm in running if arm.stop is not None}
    undecided = [arm for arm in running if arm.stop is None]
    if record.budget_reached:
        stop = ArmStop(status="cancelled", reason=f"the experiment's budget: {record.budget_reached}")
        return {**decided, **{arm.name: stop for arm in undecided}}
    if record.request.stop_rule.type == "none":
        return decided
    training = [arm for arm in undecided if arm.run_status is RunStatus.TRAINING]
    return {**decided, **dict(_halved(record, training))}


def stop_decided(name: str, stop: ArmStop, record: ExperimentRecord) -> ExperimentRecord:
    """The record with a pending stop of the arm, unless it has ended or a stop is already pending."""
    arm = next(arm for arm in record.arms if arm.name == name)
    return record if arm.status in ARM_ENDED or arm.stop is not None else with_arm(record, name, stop=stop)


def stop_done(name: str, run: RunRecord | None, record: ExperimentRecord) -> ExperimentRecord:
    """The record after the arm's run has ended; a run that was evaluated before counts as completed."""
    arm = next(arm for arm in record.arms if arm.name == name)
    if arm.status in ARM_ENDED or arm.stop is None:
        return record
    evaluated = run is not None and run.evaluation is not None and run.evaluation.status == "completed"
    ended = {"status": "completed", "reason": ""} if evaluated else dict(arm.stop)
    return with_arm(record, name, **ended)


def with_arm(record: ExperimentRecord, name: str, **changes: object) -> ExperimentRecord:
    arms = tuple(arm.model_copy(update=changes) if arm.name == name else arm for arm in record.arms)
    return record.model_copy(update={"arms": arms})


def all_ended(record: ExperimentRecord) -> bool:
    return all(arm.status in ARM_ENDED for arm in record.arms)


def _observed_arm(record: ExperimentRecord, arm: Arm, runs: Runs, now: datetime) -> Arm:
    run = runs.get(arm.run_id)
    if run is None:
        return arm
    status, reason = arm.status, arm.reason
    if status == "running" and arm.stop is None and run.status in TERMINAL:
        status, reason = OUTCOMES[run.status], _why(run)
    return arm.model_copy(
        update={
            "status": status,
            "reason": reason,
            "run_status": run.status,
            "steps": run.metrics.steps if run.metrics else 0,
            "reward": run.reward,
            "rungs": _rungs(record, arm, run),
            "difference": run.evaluation.difference if run.evaluation else None,
            "spent": spent_by(run, now, record.request.budget.usd_per_training_hour),
        }
    )


def _why(run: RunRecord) -> str:
    if run.failure is not None:
        return f"{run.failure.error} in {run.failure.stage}: {run.failure.cause}"
    evaluation = run.evaluation
    if evaluation is not None and evaluation.status != "completed":
        return f"its evaluation is {evaluation.status}: {evaluation.reason}"
    return ""


def _rungs(record: ExperimentRecord, arm: Arm, run: RunRecord) -> dict[str, float]:
    metrics, rule = run.metrics, record.request.stop_rule
    if metrics is None or rule.type == "none":
        return arm.rungs
    planned = metrics.steps_planned or metrics.steps
    # Stored at each rung, because older points of a curve are merged later.
    measured = {
        str(rung): reward
        for rung in rungs(rule.first_step, planned)
        if str(rung) not in arm.rungs and (reward := reward_at(metrics.training, rung)) is not None
    }
    return {**arm.rungs, **measured}


def _halved(record: ExperimentRecord, training: list[Arm]) -> Iterator[tuple[str, ArmStop]]:
    by_rung: dict[int, dict[str, float]] = {}
    for arm in record.arms:
        for step, reward in arm.rungs.items():
            by_rung.setdefault(int(step), {})[arm.name] = reward
    for arm in training:
        rung = falls_behind(arm.name, by_rung, [int(each) for each in arm.rungs])
        if rung is not None:
            seen = by_rung[rung]
            place = 1 + sum(other > seen[arm.name] for other in seen.values())
            reason = f"at step {rung} its reward {seen[arm.name]:.3f} ranked {place} of {len(seen)}"
            yield arm.name, ArmStop(status="stopped", reason=reason)
