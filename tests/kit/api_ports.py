"""In-memory ports of the API's function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rft import wiring
from rft.ports.experiments import RunPorts
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.experiments import MemoryExperiments
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.fakes.run_files import MemoryRunFiles
from tests.kit.fakes.store import MemoryStore


@dataclass
class ApiPorts:
    clock: FixedClock
    ledger: MemoryLedger
    experiments: MemoryExperiments
    jobs: MemoryJobs
    notifier: MemoryNotifier = field(default_factory=MemoryNotifier)
    executions: MemoryExecutions = field(default_factory=MemoryExecutions)
    experiment_executions: MemoryExecutions = field(default_factory=MemoryExecutions)
    deployments: MemoryDeployments = field(default_factory=MemoryDeployments)
    records: MemoryDeploymentRecords = field(default_factory=MemoryDeploymentRecords)
    store: MemoryStore = field(default_factory=MemoryStore)
    rollouts: MemoryRollouts = field(default_factory=MemoryRollouts)

    def overrides(self) -> dict[Callable[[], Any], Callable[[], Any]]:
        """Values for `dependency_overrides` of the function's app."""
        return {
            wiring.clock: lambda: self.clock,
            wiring.ledger: lambda: self.ledger,
            wiring.run_history: lambda: self.ledger,
            wiring.approvals: lambda: self.ledger,
            wiring.job_queue: lambda: self.ledger,
            wiring.executions: lambda: self.executions,
            wiring.experiments: lambda: self.experiments,
            wiring.experiment_executions: lambda: self.experiment_executions,
            wiring.run_ports: self._run_ports,
            wiring.training_jobs: lambda: self.jobs,
            wiring.model_deployments: lambda: self.deployments,
            wiring.deployment_records: lambda: self.records,
            wiring.notifier: lambda: self.notifier,
            wiring.object_store: lambda: self.store,
            wiring.rollout_reader: lambda: self.rollouts,
            wiring.run_files: lambda: MemoryRunFiles(self.store),
        }

    def _run_ports(self) -> RunPorts:
        return RunPorts(self.ledger, self.executions, self.jobs, self.deployments, self.records, self.notifier)
