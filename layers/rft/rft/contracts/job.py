"""Bedrock's job. Names and values are Bedrock's (botocore, GetModelCustomizationJob)."""

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
    """The three phases of a job, in order; None where Bedrock says nothing about one."""

    validation: PhaseStatus | None = None
    data_processing: PhaseStatus | None = None
    training: PhaseStatus | None = None

    @property
    def current(self) -> str:
        """The phase under way: the last one that is past NotStarted."""
        named = (("training", self.training), ("data_processing", self.data_processing))
        return next((name for name, s in named if s not in (None, PhaseStatus.NOT_STARTED)), "validation")

    @property
    def training_started(self) -> bool:
        """True also where Bedrock gives no status: a limit that may be exceeded is never postponed."""
        return self.training is not PhaseStatus.NOT_STARTED


class Job(Contract):
    """A snapshot of one job."""

    arn: str
    name: str
    status: JobStatus
    phases: Phases
    created_at: datetime
    ended_at: datetime | None = None
    model_arn: str | None = None
    failure_message: str | None = None


class JobLimits(Contract):
    """Hours that a job may take: before its training starts, and from then on."""

    not_started: float
    training: float


class JobResources(Contract):
    """What the stack gives a job. An empty key leaves encryption of the model to Bedrock.

    Without subnets the job is in no VPC of ours; with them, `security_group_ids` has one or more.
    """

    role_arn: str
    output_uri: str
    kms_key_arn: str = ""
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
