"""Bedrock's customization jobs and the rollouts that graders wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # a function loads only the contracts that its own step uses: a grader none of the ledger's
    from rft.contracts.job import Job
    from rft.contracts.telemetry import Rollout


class TrainingJobs(Protocol):
    """Bedrock's model customization jobs."""

    def problems(self, request: Mapping[str, Any]) -> list[str]:
        """Where a CreateModelCustomizationJob request breaks Bedrock's service model; empty when it fits."""
        ...

    def create(self, request: Mapping[str, Any]) -> str:
        """Start a job and return its ARN; the same clientRequestToken returns the same job.

        Raises JobRequestInvalid, RetryableThrottling, RetryableQuota, RetryableServiceError.
        """
        ...

    def get(self, name_or_arn: str) -> Job:
        """The job now. Raises JobNotFound, RetryableThrottling, RetryableServiceError."""
        ...

    def stop(self, name_or_arn: str) -> None:
        """Stop the job; no effect on a job that has ended or is stopping. Raises as `get`."""
        ...

    def active(self) -> Sequence[str]:
        """Names of all jobs of this account and region that are InProgress, whoever created them. Raises as `get`."""
        ...


@dataclass(frozen=True)
class StoredRollouts:
    """An object of rollouts: its name after the run's prefix, and its size in bytes."""

    name: str
    size: int


class RolloutReader(Protocol):
    """What graders left behind of a run's rollouts."""

    def after(self, run_id: str, name: str, *, most: int) -> list[StoredRollouts]:
        """Up to `most` (1000) objects named later than `name`, oldest first; '' is before all.

        Raises RetryableThrottling, RetryableServiceError.
        """
        ...

    def read(self, run_id: str, names: Sequence[str]) -> Iterator[Sequence[Rollout] | None]:
        """The rows of each object, in order of `names`; None for one that is gone or holds anything else.

        Raises as `after`.
        """
        ...
