"""Ports to experiment records, and the ports needed to end an experiment's runs."""

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
    """Experiment records. Reads are strongly consistent; writes use optimistic locking, so no update is lost."""

    def create(self, record: ExperimentRecord) -> ExperimentRecord:
        """Adds an experiment. Returns the existing one if its id and request are the same.

        Raises RunConflict if the existing one has a different request.
        """
        ...

    def get(self, experiment_id: str) -> ExperimentRecord:
        """Returns the current experiment. Raises ExperimentNotFound."""
        ...

    def change(self, experiment_id: str, change: Callable[[ExperimentRecord], ExperimentRecord]) -> ExperimentRecord:
        """Writes `change(current record)`; `change` may be called several times.

        An unchanged record is not written. Raises ExperimentNotFound, RetryableThrottling.
        """
        ...

    def page(self, *, limit: int, cursor: str | None) -> tuple[tuple[ExperimentRecord, ...], str | None]:
        """Returns up to `limit` experiments, newest first, and the next page's cursor. Raises InvalidRequest."""
        ...

    def unsettled(self) -> Iterator[ExperimentRecord]:
        """Experiments that are active or may have active runs; read from an eventually consistent index."""
        ...


@dataclass(frozen=True)
class RunPorts:
    """Ports to everything that must be cleaned up when a run is ended from outside."""

    ledger: Ledger
    executions: Executions
    jobs: TrainingJobs
    deployments: ModelDeployments
    records: DeploymentRecords
    notifier: Notifier
