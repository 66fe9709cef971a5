"""Bedrock's jobs and deployments on disk and back; a model is what its job's last step left of the policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from emulator.bedrock.jobs import Job, Phase
from emulator.bedrock.models import Deployment
from emulator.simulator.plan import Plan
from emulator.simulator.scores import StepScores
from emulator.simulator.training import new_policy
from emulator.state.store import Record, Store

JOB, STEP, DEPLOYMENTS = "job", "step", "deployments"


@dataclass(frozen=True)
class _KeptJob:
    request: Mapping[str, Any]
    created: datetime
    modified: datetime
    status: str
    phases: dict[str, Phase]
    ended: datetime | None
    failure: str | None
    model_arn: str | None
    plan: Plan | None
    stop_asked: bool
    hangs: bool


@dataclass(frozen=True)
class _KeptStep:
    scores: StepScores
    logits: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class _KeptDeployment:
    name: str
    arn: str
    job: str
    request: Mapping[str, Any]
    created: datetime
    ready: datetime
    failure: str | None


_JOB, _STEP, _DEPLOYMENT = TypeAdapter(_KeptJob), TypeAdapter(_KeptStep), TypeAdapter(_KeptDeployment)


class KeptJobs:
    """Keeps each job as it changes, and each of its steps once. `seed` is what policies draw by."""

    def __init__(self, store: Store, *, seed: int) -> None:
        self._store = store
        self._seed = seed
        self._lock = threading.Lock()
        self._steps: dict[str, int] = {}

    def keep(self, job: Job) -> None:
        """Write down what a job is now, with the steps that are new."""
        with self._lock:
            first, steps = self._steps.get(job.arn, 0), list(job.steps)
            new = [_step_record(job, scores) for scores in steps[first:]]
            self._store.put(Record(JOB, job.arn, _JOB.dump_python(_kept(job), mode="json")), *new)
            self._steps[job.arn] = len(steps)

    def keep_deployments(self, deployments: Sequence[Deployment], made: int) -> None:
        """Write down all deployments, and how many were ever made."""
        there = [_DEPLOYMENT.dump_python(_kept_deployment(each), mode="json") for each in deployments]
        self._store.put(Record(DEPLOYMENTS, "", {"made": made, "there": there}))

    def jobs(self) -> list[Job]:
        """All jobs, oldest first, each with its steps and its policy."""
        return [self._job(arn, _JOB.validate_python(kept)) for arn, kept in self._store.all(JOB)]

    def deployments(self, jobs: Sequence[Job]) -> tuple[list[Deployment], int]:
        """All deployments of these jobs' models, and how many were ever made."""
        kept = self._store.get(DEPLOYMENTS, "") or {"made": 0, "there": []}
        by_arn = {job.arn: job for job in jobs}
        found = [_DEPLOYMENT.validate_python(each) for each in kept["there"]]
        return [_deployment(each, by_arn[each.job]) for each in found], kept["made"]

    def _job(self, arn: str, kept: _KeptJob) -> Job:
        steps = list(self._steps_of(arn))
        self._steps[arn] = len(steps)
        job = Job(
            request=kept.request,
            arn=arn,
            created=kept.created,
            modified=kept.modified,
            status=kept.status,
            phases=kept.phases,
            ended=kept.ended,
            failure=kept.failure,
            model_arn=kept.model_arn,
            plan=kept.plan,
            steps=[step.scores for step in steps],
            hangs=kept.hangs,
        )
        if kept.plan and steps:
            job.policy = new_policy(job.name, self._seed, kept.plan, steps[-1].logits)
        if kept.stop_asked:
            job.stop_asked.set()
        return job

    def _steps_of(self, arn: str) -> Iterator[_KeptStep]:
        return (_STEP.validate_python(kept) for _, kept in self._store.all(STEP, f"{arn}/"))


def _kept(job: Job) -> _KeptJob:
    return _KeptJob(
        request=job.request,
        created=job.created,
        modified=job.modified,
        status=job.status,
        phases=job.phases,
        ended=job.ended,
        failure=job.failure,
        model_arn=job.model_arn,
        plan=job.plan,
        stop_asked=job.stop_asked.is_set(),
        hangs=job.hangs,
    )


def _step_record(job: Job, scores: StepScores) -> Record:
    """The parameters beside the scores: a policy goes on from its last whole step."""
    kept = _KeptStep(scores, job.policy.logits if job.policy else {})
    return Record(STEP, f"{job.arn}/{scores.step:08}", _STEP.dump_python(kept, mode="json"))


def _kept_deployment(each: Deployment) -> _KeptDeployment:
    return _KeptDeployment(each.name, each.arn, each.job.arn, each.request, each.created, each.ready, each.failure)


def _deployment(kept: _KeptDeployment, job: Job) -> Deployment:
    return Deployment(
        name=kept.name,
        arn=kept.arn,
        job=job,
        request=kept.request,
        created=kept.created,
        ready=kept.ready,
        failure=kept.failure,
    )
