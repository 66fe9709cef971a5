"""Customization jobs, with the rules for names, idempotency tokens and concurrent jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from emulator.http.replies import AwsError
from emulator.simulator.plan import SimulationPlan
from emulator.simulator.policy import Policy
from emulator.simulator.scores import StepScores

PHASES = ("validation", "dataProcessing", "training")
ACTIVE = ("InProgress", "Stopping")


@dataclass
class JobPhase:
    """One of a job's three phases: validation, data processing, training."""

    status: str = "NotStarted"
    created: datetime | None = None
    modified: datetime | None = None

    def move(self, status: str) -> None:
        self.modified = datetime.now(UTC)
        self.created = self.created or self.modified
        self.status = status


@dataclass
class CustomizationJob:
    """One job. `request` is the request of CreateModelCustomizationJob; `policy` is None until training starts."""

    request: Mapping[str, Any]
    arn: str
    created: datetime
    modified: datetime
    status: str = "InProgress"
    phases: dict[str, JobPhase] = field(default_factory=lambda: {name: JobPhase() for name in PHASES})
    ended: datetime | None = None
    failure: str | None = None
    model_arn: str | None = None
    plan: SimulationPlan | None = None
    steps: list[StepScores] = field(default_factory=list)
    policy: Policy | None = None
    base_logits: Mapping[str, Mapping[str, float]] | None = None
    """Parameters of the base model's policy if it is a custom model, else None."""
    stop_requested: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False
    """Whether the fault `hang` applies, so that the job never ends."""

    @property
    def name(self) -> str:
        return str(self.request["jobName"])

    @property
    def id(self) -> str:
        """The 12 characters at the end of the ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def hyperparameters(self) -> Mapping[str, Any]:
        given: Mapping[str, Any] = self.request["customizationConfig"]["rftConfig"].get("hyperParameters", {})
        return given

    @property
    def grader_arn(self) -> str:
        return str(self.request["customizationConfig"]["rftConfig"]["graderConfig"]["lambdaGrader"]["lambdaArn"])


def _save_nowhere(_: CustomizationJob) -> None:
    """Default for `save`: progress is not persisted."""


def has_custom_base(request: Mapping[str, Any]) -> bool:
    return ":custom-model/" in str(request.get("baseModelIdentifier", ""))


def base_name(request: Mapping[str, Any]) -> str:
    """Return the foundation model's name, also if the base model is a custom model."""
    parts = str(request.get("baseModelIdentifier", "")).split("/")
    return parts[-2] if has_custom_base(request) and len(parts) > 2 else parts[-1]


class Jobs:
    """All jobs of the account, by name and ARN. Names cannot be reused, because jobs cannot be deleted.

    `save` is called with each new job before its first event, and after each change.
    """

    def __init__(
        self, *, region: str, account: str, concurrent: int, save: Callable[[CustomizationJob], None] = _save_nowhere
    ) -> None:
        self.save = save
        self._region = region
        self._account = account
        self._concurrent = concurrent
        self._lock = threading.Lock()
        self._jobs: list[CustomizationJob] = []

    def create(self, request: Mapping[str, Any]) -> tuple[CustomizationJob, bool]:
        """Create a job and return it and True; with a used clientRequestToken, return its job and False.

        Raises AwsError (ConflictException, ServiceQuotaExceededException).
        """
        with self._lock:
            token = request.get("clientRequestToken")
            earlier = next((j for j in self._jobs if token and j.request.get("clientRequestToken") == token), None)
            if earlier:
                return self._same(earlier, request), False
            self._check_names(request)
            if sum(job.active for job in self._jobs) >= self._concurrent:
                limit = f"The account's limit of {self._concurrent} customization jobs in progress is reached."
                raise AwsError("ServiceQuotaExceededException", 400, limit)
            now = datetime.now(UTC)
            job = CustomizationJob(request=dict(request), arn=self._arn(request), created=now, modified=now)
            self._jobs.append(job)
            self.save(job)
            return job, True

    def restore(self, jobs: Iterable[CustomizationJob]) -> None:
        """Restore persisted jobs, oldest first."""
        with self._lock:
            self._jobs.extend(jobs)

    def find(self, name_or_arn: str) -> CustomizationJob:
        """Return a job by name or ARN. Raises AwsError (ResourceNotFoundException)."""
        with self._lock:
            for job in self._jobs:
                if name_or_arn in (job.name, job.arn):
                    return job
        raise AwsError("ResourceNotFoundException", 404, f"No customization job {name_or_arn} was found.")

    def all(self) -> list[CustomizationJob]:
        """Return all jobs, oldest first."""
        with self._lock:
            return list(self._jobs)

    def _same(self, earlier: CustomizationJob, request: Mapping[str, Any]) -> CustomizationJob:
        if dict(earlier.request) != dict(request):
            token = request["clientRequestToken"]
            raise AwsError("ConflictException", 400, f"clientRequestToken {token} was used with other parameters.")
        return earlier

    def _check_names(self, request: Mapping[str, Any]) -> None:
        for key, what in (("jobName", "job"), ("customModelName", "custom model")):
            if any(job.request[key] == request[key] for job in self._jobs):
                raise AwsError("ConflictException", 400, f"The {what} name {request[key]} is already in use.")

    def _arn(self, request: Mapping[str, Any]) -> str:
        prefix = f"arn:aws:bedrock:{self._region}:{self._account}:model-customization-job"
        return f"{prefix}/{base_name(request)}/emulated{len(self._jobs) + 1:04x}"
