"""The API's function, called as API Gateway calls it."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from rft import wiring
from rft.contracts.http.principal import Principal
from rft.contracts.http.problem import PROBLEMS, Problem
from rft.contracts.ledger import RunStatus
from rft.ports.experiments import RunPorts
from rft.runs.approval import requested
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
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

POST_EVENT: dict[str, Any] = read_event("api")


GET_EVENT: dict[str, Any] = read_event("api_get_run")


CANCEL_EVENT: dict[str, Any] = read_event("api_cancel_run")


APPROVE_EVENT: dict[str, Any] = read_event("api_approve_run")


YES = {"approved": True, "by": "Ada"}


BODY: dict[str, Any] = json.loads(POST_EVENT["body"])


PIPELINE = Principal(type="iam", id="arn:aws:iam::123456789012:role/pipeline")


GRADER_ARN = "arn:aws:lambda:us-east-1:123456789012:function:pandalm"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def problem(self) -> Problem:
        assert self.headers["Content-Type"] == "application/problem+json"
        problem = Problem.model_validate(self.body)
        assert problem.status == self.status
        assert problem.type.endswith(PROBLEMS[self.status][0])
        assert problem.instance == f"urn:uuid:{Context().aws_request_id}"
        return problem

    @property
    def fields(self) -> list[str]:
        return [error.field for error in self.problem.errors]


class Client:
    """Speaks to the handler as API Gateway does."""

    def __init__(self, clock: FixedClock) -> None:
        self.module = load_function("api")
        self.clock = clock
        self.ledger = MemoryLedger(clock)
        self.executions = MemoryExecutions()
        self.experiments = MemoryExperiments(clock)
        self.experiment_executions = MemoryExecutions()
        self.jobs = MemoryJobs(clock)
        self.notifier = MemoryNotifier()
        self.deployments = MemoryDeployments()
        self.records = MemoryDeploymentRecords()
        self.store = MemoryStore()
        self.rollouts = MemoryRollouts()
        self.module.app.dependency_overrides = {
            wiring.clock: lambda: clock,
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

    def send(self, event: dict[str, Any]) -> Answer:
        answer = self.module.handler(event, Context())
        assert answer["isBase64Encoded"] is False
        return Answer(answer["statusCode"], answer["headers"], json.loads(answer["body"]))

    def post(self, body: Any = BODY, *, key: str | None = None, **headers: str) -> Answer:
        event = copy.deepcopy(POST_EVENT)
        event["body"] = body if isinstance(body, str) else json.dumps(body)
        del event["headers"]["idempotency-key"]
        event["headers"] |= headers | ({} if key is None else {"idempotency-key": key})
        return self.send(event)

    def get(self, path: str, **query: str) -> Answer:
        event = {**copy.deepcopy(GET_EVENT), "rawPath": path, "queryStringParameters": query}
        return self.send(event)

    def cancel(self, run_id: str, body: str | None = None) -> Answer:
        event = {**copy.deepcopy(CANCEL_EVENT), "rawPath": f"/runs/{run_id}/cancel"}
        return self.send(event if body is None else {**event, "body": body})

    def approve(self, run_id: str, body: Any) -> Answer:
        event = {**copy.deepcopy(APPROVE_EVENT), "rawPath": f"/runs/{run_id}/approve", "body": json.dumps(body)}
        return self.send(event)

    def request(self, method: str, path: str) -> Answer:
        event = {**copy.deepcopy(GET_EVENT), "rawPath": path}
        event["requestContext"]["http"]["method"] = method
        return self.send(event)


def changed(**parts: Any) -> dict[str, Any]:
    return {**copy.deepcopy(BODY), **parts}


def with_dataset(**parts: Any) -> dict[str, Any]:
    return changed(dataset={**BODY["dataset"], **parts})


def waiting(api: Client) -> str:
    """A run that awaits approval."""
    run_id: str = api.post().body["run_id"]
    approval = requested(("dear",), at=api.clock.now(), days=7)
    for status in (RunStatus.PREPARING, RunStatus.SMOKE_TESTING):
        api.ledger.transition(run_id, status)
    api.ledger.transition(run_id, RunStatus.AWAITING_APPROVAL, changes={"approval": approval})
    api.ledger.save_token(run_id, "token")
    api.executions.waiting.add("token")
    return run_id
