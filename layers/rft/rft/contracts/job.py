"""Bedrock's customization job; names and values follow botocore's GetModelCustomizationJob."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from rft.contracts.base import Contract


class JobStatus(StrEnum):
    """All values of ModelCustomizationJobStatus."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"


class PhaseStatus(StrEnum):
    """All values of JobStatusDetails."""

    NOT_STARTED = "NotStarted"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"


class Phases(Contract):
    """The three phases of a job in order; None if Bedrock reports no status for a phase."""

    validation: PhaseStatus | None = None
    data_processing: PhaseStatus | None = None
    training: PhaseStatus | None = None

    @property
    def current(self) -> str:
        """The current phase: the last one whose status is not NotStarted."""
        named = (("training", self.training), ("data_processing", self.data_processing))
        return next((name for name, s in named if s not in (None, PhaseStatus.NOT_STARTED)), "validation")

    @property
    def training_started(self) -> bool:
        """True also if Bedrock reports no status, so that a missing status never postpones a time limit."""
        return self.training is not PhaseStatus.NOT_STARTED


class Job(Contract):
    """A snapshot of a job."""

    arn: str
    name: str
    status: JobStatus
    phases: Phases
    created_at: datetime
    ended_at: datetime | None = None
    model_arn: str | None = None
    failure_message: str | None = None


class JobLimits(Contract):
    """Maximum hours of a job: before its training starts, and after."""

    not_started: float
    training: float


class JobResources(Contract):
    """AWS resources that the stack provides for a job.

    An empty key uses Bedrock's default encryption of the model. Without subnets the job runs outside a VPC; with
    subnets at least one of `security_group_ids` is required.
    """

    role_arn: str
    output_uri: str
    kms_key_arn: str = ""
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
