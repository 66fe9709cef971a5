"""Assembles the emulated Bedrock: jobs, training, models and the service."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from emulator.bedrock.control import JobThreads
from emulator.bedrock.converse import Converse
from emulator.bedrock.data import read_all_rows
from emulator.bedrock.job_role import JobRole, require_trust
from emulator.bedrock.jobs import CustomizationJob, Jobs
from emulator.bedrock.models import Models
from emulator.bedrock.service import BedrockService
from emulator.bedrock.views import JOB_CHANGE, job_change
from emulator.environment import Environment
from emulator.simulator.answers import ModelAnswers
from emulator.simulator.grading import Invoke
from emulator.simulator.known_rows import KnownRows
from emulator.simulator.training import Training
from rft.contracts.dataset import DatasetRow

PutEvent = Callable[[str, str, dict[str, Any], list[str]], None]
"""Called with an event's source, detail-type, detail and resource ARNs."""


class EmulatedBedrock:
    def __init__(self, environment: Environment, *, invoke: Invoke, put_event: PutEvent) -> None:
        self._environment, self._invoke, self._put_event = environment, invoke, put_event
        options, state = environment.options, environment.state
        self.jobs = Jobs(
            region=environment.region,
            account=environment.account,
            concurrent=options.concurrent_jobs,
            save=state.save_job,
        )
        self.models = Models(self.jobs, state.faults, seconds=options.deployment_seconds, save=state.save_deployments)
        self.threads = JobThreads(self._training)
        rows = KnownRows(lambda: environment.clients("s3"), self._rows)
        answers = ModelAnswers(self.models, rows, seed=options.seed)
        converse = Converse(options, environment.clock, state.faults, answers)
        self.service = BedrockService(
            self.jobs,
            self.models,
            converse,
            state.faults,
            self.threads.start,
            require_trust=partial(require_trust, environment),
            custom_bases=options.custom_base_models,
        )

    def _training(self, job: CustomizationJob) -> Training:
        role = JobRole(self._environment, job, self._invoke)
        return Training(
            job,
            s3=role.s3,
            invoke=role.invoke,
            check_rights=role.check_rights,
            faults=self._environment.faults,
            clock=self._environment.clock,
            options=self._environment.options,
            on_change=self._changed,
            save=self.jobs.save,
        )

    def _rows(self, job: CustomizationJob) -> list[DatasetRow]:
        return read_all_rows(self._environment.clients("s3"), job.request)

    def _changed(self, job: CustomizationJob) -> None:
        self._put_event("aws.bedrock", JOB_CHANGE, job_change(job), [job.arn])
