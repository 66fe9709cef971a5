"""Calls the API's function as API Gateway does, with records that enforce the limits of DynamoDB and SNS."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

from rft.contracts.http.problem import Problem
from tests.kit.api_ports import ApiPorts
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.strict import StrictExperiments, StrictLedger, StrictNotifier
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

POST: dict[str, Any] = read_event("api")
REFUSALS = {400, 404, 405, 409, 413, 415, 422}


class StrictApi(ApiPorts):
    def __init__(self) -> None:
        clock = FixedClock()
        super().__init__(clock, StrictLedger(clock), StrictExperiments(clock), MemoryJobs(clock), StrictNotifier())
        self.module: Any = load_function("api")
        self.module.app.dependency_overrides = self.overrides()

    def send(self, method: str, path: str, **event: Any) -> tuple[int, Any]:
        """Send a request and return status and body; asserts that errors are problem documents without a traceback."""
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
        """Like `send`, with an arbitrary body."""
        encoded = isinstance(body, bytes)
        text = base64.b64encode(body).decode() if isinstance(body, bytes) else body
        self.send(method, path, body=text, isBase64Encoded=encoded, headers=headers)

    def post(self, body: Any, path: str = "/runs") -> tuple[int, Any]:
        return self.send("POST", path, body=json.dumps(body))


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")
