"""Bedrock's jobs in memory, advanced by the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rft.contracts.job import Job, JobStatus, Phases, PhaseStatus
from rft.errors import JobNotFound
from rft.ports.storage import Clock

ARN = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-2-lite-v1:0:256k"


class MemoryJobs:
    """Jobs by name. Exceptions in `fails_with[method]` are raised once each instead of the call.

    `hidden` simulates lagging reads: no job is found. `obeys` is False if stop requests are ignored. `on_create` is
    called after a job was created, to simulate concurrent events.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.jobs: dict[str, Job] = {}
        self.requests: list[Mapping[str, Any]] = []
        self.stops: list[str] = []
        self.faults: list[str] = []
        self.fails_with: dict[str, list[Exception]] = {"create": [], "get": [], "stop": []}
        self.hidden = False
        self.obeys = True
        self.on_create: Callable[[], object] = lambda: None

    def problems(self, request: Mapping[str, Any]) -> list[str]:
        return self.faults

    def create(self, request: Mapping[str, Any]) -> str:
        self._fail("create")
        self.requests.append(request)
        name = request["jobName"]
        if name not in self.jobs:
            self.jobs[name] = Job(
                arn=f"{ARN}/{len(self.jobs) + 1:012d}",
                name=name,
                status=JobStatus.IN_PROGRESS,
                phases=Phases(validation=PhaseStatus.IN_PROGRESS),
                created_at=self._clock.now(),
            )
            self.on_create()
        return self.jobs[name].arn

    def get(self, name_or_arn: str) -> Job:
        self._fail("get")
        return self._find(name_or_arn)

    def stop(self, name_or_arn: str) -> None:
        self._fail("stop")
        job = self._find(name_or_arn)
        self.stops.append(job.name)
        if self.obeys and job.status is JobStatus.IN_PROGRESS:
            self.move(job.name, status=JobStatus.STOPPING)

    def move(self, name: str, **changes: Any) -> Job:
        """Set fields of a job, validated like Bedrock's response."""
        self.jobs[name] = Job.model_validate({**dict(self.jobs[name]), **changes})
        return self.jobs[name]

    def active(self) -> list[str]:
        return [job.name for job in self.jobs.values() if job.status is JobStatus.IN_PROGRESS]

    def _find(self, name_or_arn: str) -> Job:
        found = [job for job in self.jobs.values() if name_or_arn in (job.name, job.arn)]
        if self.hidden or not found:
            raise JobNotFound(f"no job {name_or_arn}")
        return found[0]

    def _fail(self, method: str) -> None:
        if self.fails_with[method]:
            raise self.fails_with[method].pop(0)
