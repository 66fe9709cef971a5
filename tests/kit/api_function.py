"""Calls the API's function with events as API Gateway sends them."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from rft.contracts.http.principal import Principal
from rft.contracts.http.problem import PROBLEMS, Problem
from rft.contracts.ledger import RunStatus
from rft.runs.approval import requested
from tests.kit.api_ports import ApiPorts
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.experiments import MemoryExperiments
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
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


class Client(ApiPorts):
    """Invokes the handler with API Gateway events."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(clock, MemoryLedger(clock), MemoryExperiments(clock), MemoryJobs(clock))
        self.module = load_function("api")
        self.module.app.dependency_overrides = self.overrides()

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
    """Start a run that awaits approval and return its id."""
    run_id: str = api.post().body["run_id"]
    approval = requested(("dear",), at=api.clock.now(), days=7)
    for status in (RunStatus.PREPARING, RunStatus.SMOKE_TESTING):
        api.ledger.transition(run_id, status)
    api.ledger.transition(run_id, RunStatus.AWAITING_APPROVAL, changes={"approval": approval})
    api.ledger.save_token(run_id, "token")
    api.executions.waiting.add("token")
    return run_id
