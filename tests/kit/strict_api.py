"""The API's function, called as API Gateway calls it, with records that are as strict as DynamoDB and SNS."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

from rft import wiring
from rft.contracts.http.problem import Problem
from rft.ports.experiments import RunPorts
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.fakes.run_files import MemoryRunFiles
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.strict import StrictExperiments, StrictLedger, StrictNotifier
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

POST: dict[str, Any] = read_event("api")
REFUSALS = {400, 404, 405, 409, 413, 415, 422}


class StrictApi:
    def __init__(self) -> None:
        clock = FixedClock()
        self.module: Any = load_function("api")
        self.ledger, self.experiments = StrictLedger(clock), StrictExperiments(clock)
        self.executions, self.experiment_executions = MemoryExecutions(), MemoryExecutions()
        self.store = MemoryStore()
        self.module.app.dependency_overrides = {
            wiring.clock: lambda: clock,
            wiring.ledger: lambda: self.ledger,
            wiring.run_history: lambda: self.ledger,
            wiring.approvals: lambda: self.ledger,
            wiring.job_queue: lambda: self.ledger,
            wiring.executions: lambda: self.executions,
            wiring.experiments: lambda: self.experiments,
            wiring.experiment_executions: lambda: self.experiment_executions,
            wiring.training_jobs: lambda: MemoryJobs(clock),
            wiring.model_deployments: MemoryDeployments,
            wiring.deployment_records: MemoryDeploymentRecords,
            wiring.notifier: StrictNotifier,
            wiring.object_store: lambda: self.store,
            wiring.rollout_reader: MemoryRollouts,
            wiring.run_files: lambda: MemoryRunFiles(self.store),
            wiring.run_ports: lambda: RunPorts(
                self.ledger,
                self.executions,
                MemoryJobs(clock),
                MemoryDeployments(),
                MemoryDeploymentRecords(),
                StrictNotifier(),
            ),
        }

    def send(self, method: str, path: str, **event: Any) -> tuple[int, Any]:
        """Status and body; a refusal is a problem that has no traceback."""
        given = {**copy.deepcopy(POST), "rawPath": path, **event}
        given["requestContext"]["http"]["method"] = method
        answer = self.module.handler(given, Context())
        body = json.loads(answer["body"], parse_constant=_refuse)
        assert "Traceback" not in answer["body"]
        if answer["statusCode"] >= 300:
            assert answer["statusCode"] in REFUSALS
            assert Problem.model_validate(body).status == answer["statusCode"]
        return answer["statusCode"], body

    def send_raw(self, method: str, path: str, body: bytes | str | None, headers: dict[str, str]) -> None:
        """As `send`, of any bytes."""
        encoded = isinstance(body, bytes)
        text = base64.b64encode(body).decode() if isinstance(body, bytes) else body
        self.send(method, path, body=text, isBase64Encoded=encoded, headers=headers)

    def post(self, body: Any, path: str = "/runs") -> tuple[int, Any]:
        return self.send("POST", path, body=json.dumps(body))


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
