"""Ports to Bedrock's customization jobs and to the rollouts written by graders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # Steps import only the contracts they use, to keep cold starts short.
    from rft.contracts.job import Job
    from rft.contracts.telemetry import Rollout


class TrainingJobs(Protocol):
    """Bedrock's model customization jobs."""

    def problems(self, request: Mapping[str, Any]) -> list[str]:
        """Violations of Bedrock's service model in a CreateModelCustomizationJob request; empty if it is valid."""
        ...

    def create(self, request: Mapping[str, Any]) -> str:
        """Starts a job and returns its ARN; the same clientRequestToken returns the same job.

        Raises JobRequestInvalid, RetryableThrottling, RetryableQuota, RetryableServiceError.
        """
        ...

    def get(self, name_or_arn: str) -> Job:
        """Returns the job. Raises JobNotFound, RetryableThrottling, RetryableServiceError."""
        ...

    def stop(self, name_or_arn: str) -> None:
        """Stops the job; no effect if it has ended or is stopping. Raises as `get`."""
        ...

    def active(self) -> Sequence[str]:
        """Names of all InProgress jobs of the account and Region, whoever created them. Raises as `get`."""
        ...


@dataclass(frozen=True)
class StoredRollouts:
    """A stored object of rollouts: its name after the run's prefix, and its size in bytes."""

    name: str
    size: int


class RolloutReader(Protocol):
    """Reads a run's rollouts as written by the graders."""

    def after(self, run_id: str, name: str, *, most: int) -> list[StoredRollouts]:
        """Returns up to `most` (max 1000) objects with names after `name`, oldest first; '' starts at the first.

        Raises RetryableThrottling, RetryableServiceError.
        """
        ...

    def read(self, run_id: str, names: Sequence[str]) -> Iterator[Sequence[Rollout] | None]:
        """Yields the rows of each object in the order of `names`; None if it is missing or invalid.

        Raises as `after`.
        """
        ...
