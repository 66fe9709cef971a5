"""Experiment records, and operations to end their runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rft.ports.models import DeploymentRecords, ModelDeployments
from rft.ports.runs import Executions, Ledger
from rft.ports.storage import Notifier
from rft.ports.training import TrainingJobs

if TYPE_CHECKING:
    from rft.contracts.experiments.record import ExperimentRecord


class Experiments(Protocol):
    """Experiment records. Reads are strongly consistent, and no write is lost to another."""

    def create(self, record: ExperimentRecord) -> ExperimentRecord:
        """Add an experiment. Returns the one that is there already for an equal request under the same id.

        Raises RunConflict where that one's request is another.
        """
        ...

    def get(self, experiment_id: str) -> ExperimentRecord:
        """The experiment now. Raises ExperimentNotFound."""
        ...

    def change(self, experiment_id: str, change: Callable[[ExperimentRecord], ExperimentRecord]) -> ExperimentRecord:
        """Write `change` of the current record; it may be called more than once.

        Nothing is written where it changes nothing. Raises ExperimentNotFound, RetryableThrottling.
        """
        ...

    def page(self, *, limit: int, cursor: str | None) -> tuple[tuple[ExperimentRecord, ...], str | None]:
        """Up to `limit` experiments, newest first, and the cursor of the next part. Raises InvalidRequest."""
        ...

    def unsettled(self) -> Iterator[ExperimentRecord]:
        """Experiments that have not ended, or of which runs may not have; by an index, which may lag."""
        ...


@dataclass(frozen=True)
class RunPorts:
    """All that a run leaves behind when it is ended from outside."""

    ledger: Ledger
    executions: Executions
    jobs: TrainingJobs
    deployments: ModelDeployments
    records: DeploymentRecords
    notifier: Notifier
