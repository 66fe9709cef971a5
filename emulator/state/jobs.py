"""Persists Bedrock jobs and deployments; a model is the policy after its job's last step."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from emulator.bedrock.deployments import Deployment, Update
from emulator.bedrock.jobs import CustomizationJob, JobPhase
from emulator.simulator.plan import SimulationPlan
from emulator.simulator.scores import StepScores
from emulator.simulator.training import new_policy
from emulator.state.store import Record, Store

JOB, STEP, DEPLOYMENTS = "job", "step", "deployments"


@dataclass(frozen=True)
class _JobRecord:
    request: Mapping[str, Any]
    created: datetime
    modified: datetime
    status: str
    phases: dict[str, JobPhase]
    ended: datetime | None
    failure: str | None
    model_arn: str | None
    plan: SimulationPlan | None
    stop_requested: bool
    hangs: bool


@dataclass(frozen=True)
class _StepRecord:
    scores: StepScores
    logits: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class _UpdateRecord:
    job: str
    ready: datetime
    failure: str | None


@dataclass(frozen=True)
class _DeploymentRecord:
    name: str
    arn: str
    job: str
    request: Mapping[str, Any]
    created: datetime
    ready: datetime
    failure: str | None
    update: _UpdateRecord | None = None


_JOB, _STEP, _DEPLOYMENT = TypeAdapter(_JobRecord), TypeAdapter(_StepRecord), TypeAdapter(_DeploymentRecord)


class JobStore:
    """Persists each job on change, and each of its steps once. `seed` is the seed of restored policies."""

    def __init__(self, store: Store, *, seed: int) -> None:
        self._store = store
        self._seed = seed
        self._lock = threading.Lock()
        self._steps: dict[str, int] = {}

    def save(self, job: CustomizationJob) -> None:
        with self._lock:
            first, steps = self._steps.get(job.arn, 0), list(job.steps)
            new = [_step_record(job, scores) for scores in steps[first:]]
            self._store.put(Record(JOB, job.arn, _JOB.dump_python(_job_record(job), mode="json")), *new)
            self._steps[job.arn] = len(steps)

    def save_deployments(self, deployments: Sequence[Deployment], made: int) -> None:
        """Persist all deployments; `made` is the number ever created."""
        there = [_DEPLOYMENT.dump_python(_deployment_record(each), mode="json") for each in deployments]
        self._store.put(Record(DEPLOYMENTS, "", {"made": made, "there": there}))

    def jobs(self) -> list[CustomizationJob]:
        """Return all jobs, oldest first, with their steps and policies."""
        return [self._job(arn, _JOB.validate_python(record)) for arn, record in self._store.all(JOB)]

    def deployments(self, jobs: Sequence[CustomizationJob]) -> tuple[list[Deployment], int]:
        """Return all deployments of these jobs' models, and the number ever created."""
        record = self._store.get(DEPLOYMENTS, "") or {"made": 0, "there": []}
        by_arn = {job.arn: job for job in jobs}
        found = [_DEPLOYMENT.validate_python(each) for each in record["there"]]
        return [_deployment(each, by_arn) for each in found], record["made"]

    def _job(self, arn: str, record: _JobRecord) -> CustomizationJob:
        steps = list(self._steps_of(arn))
        self._steps[arn] = len(steps)
        job = CustomizationJob(
            request=record.request,
            arn=arn,
            created=record.created,
            modified=record.modified,
            status=record.status,
            phases=record.phases,
            ended=record.ended,
            failure=record.failure,
            model_arn=record.model_arn,
            plan=record.plan,
            steps=[step.scores for step in steps],
            hangs=record.hangs,
        )
        if record.plan and steps:
            job.policy = new_policy(job.name, self._seed, record.plan, steps[-1].logits)
        if record.stop_requested:
            job.stop_requested.set()
        return job

    def _steps_of(self, arn: str) -> Iterator[_StepRecord]:
        return (_STEP.validate_python(record) for _, record in self._store.all(STEP, f"{arn}/"))


def _job_record(job: CustomizationJob) -> _JobRecord:
    return _JobRecord(
        request=job.request,
        created=job.created,
        modified=job.modified,
        status=job.status,
        phases=job.phases,
        ended=job.ended,
        failure=job.failure,
        model_arn=job.model_arn,
        plan=job.plan,
        stop_requested=job.stop_requested.is_set(),
        hangs=job.hangs,
    )


def _step_record(job: CustomizationJob, scores: StepScores) -> Record:
    # with the policy's parameters, so that training can resume after the step
    record = _StepRecord(scores, job.policy.logits if job.policy else {})
    return Record(STEP, f"{job.arn}/{scores.step:08}", _STEP.dump_python(record, mode="json"))


def _deployment_record(each: Deployment) -> _DeploymentRecord:
    new = each.update
    update = _UpdateRecord(new.job.arn, new.ready, new.failure) if new else None
    return _DeploymentRecord(
        each.name, each.arn, each.job.arn, each.request, each.created, each.ready, each.failure, update
    )


def _deployment(record: _DeploymentRecord, jobs: Mapping[str, CustomizationJob]) -> Deployment:
    update = record.update
    return Deployment(
        name=record.name,
        arn=record.arn,
        job=jobs[record.job],
        request=record.request,
        created=record.created,
        ready=record.ready,
        failure=record.failure,
        update=Update(jobs[update.job], update.ready, update.failure) if update else None,
    )
