"""The control plane's HTTP API as Python calls, each signed with SigV4."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session


class ApiError(Exception):
    """The API refused, or could not be reached. `status` is the HTTP status, 0 where there was no answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class ControlPlane:
    """One deployed API. `url` is its base address; credentials need execute-api:Invoke on it."""

    url: str
    region: str
    credentials: Credentials

    def start_run(self, request: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """`POST /runs`; `key` becomes the Idempotency-Key. Raises ApiError."""
        return self._call("POST", "/runs", request, {"Idempotency-Key": key} if key else {})

    def run(self, run_id: str) -> dict[str, Any]:
        """`GET /runs/{run_id}`. Raises ApiError."""
        return self._call("GET", f"/runs/{quote(run_id, safe='')}")

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        request = AWSRequest(
            method=method,
            url=self.url.rstrip("/") + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        try:
            response = URLLib3Session(timeout=30).send(request.prepare())
        except HTTPClientError as error:
            raise ApiError(0, f"cannot reach {self.url}: {error}") from error
        answer = _decoded(response.content)
        if response.status_code >= 400:
            raise ApiError(response.status_code, _problem_line(response.status_code, answer))
        return answer


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content or b"{}")
    except ValueError:
        answer = None
    return answer if isinstance(answer, dict) else {"detail": content[:200].decode(errors="replace")}


def _problem_line(status: int, problem: Mapping[str, Any]) -> str:
    """One line from a problem+json body: title, detail and each field."""
    head = ": ".join(str(problem[k]) for k in ("title", "detail", "message") if problem.get(k))
    fields = "; ".join(f"{e.get('field')}: {e.get('message')}" for e in problem.get("errors") or [])
    return f"HTTP {status} " + " — ".join(part for part in (head, fields) if part)
