"""The control plane's HTTP API as Python calls, signed with SigV4."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from rft_cli.errors import CommandError

MAX_PAGE = 100
"""Most runs that the API returns at once."""

MAX_PART = 1000
"""Most rollouts or files that the API returns at once."""

TIMEOUTS: Any = (4, 30)  # botocore's stubs know one number only
"""Seconds to connect, and for an answer: API Gateway gives up after 30."""

CHECK_URL = "check the URL and your network"
ADVICE = {
    403: "the credentials are wrong or expired, or lack execute-api:Invoke on this API",
    404: CHECK_URL,
    429: "try again in a moment",
}
"""HTTP status → what to do, where API Gateway itself refused."""
PROBLEM_ADVICE = {404: "`rft list` shows existing runs", 503: "try again in a moment"}
"""HTTP status → what to do, where the control plane refused."""


class ApiError(CommandError):
    """The API refused, or could not be reached. `status`: the HTTP status, 0 without a response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class ApiClient:
    """One deployed API. `url`: its base URL; the credentials need execute-api:Invoke on it. Methods raise ApiError."""

    url: str
    region: str
    credentials: Credentials
    _http: list[URLLib3Session] = field(default_factory=list, init=False, repr=False, compare=False)

    def start_run(self, request: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """`POST /runs`; `key` becomes the Idempotency-Key."""
        return self._call("POST", "/runs", request, {"Idempotency-Key": key} if key else {})

    def run(self, run_id: str) -> dict[str, Any]:
        """`GET /runs/{run_id}`."""
        return self._call("GET", _path(run_id))

    def events(self, run_id: str) -> dict[str, Any]:
        """`GET /runs/{run_id}/events`."""
        return self._call("GET", _path(run_id, "/events"))

    def report(self, run_id: str) -> dict[str, Any]:
        """`GET /runs/{run_id}/report`."""
        return self._call("GET", _path(run_id, "/report"))

    def report_page(self, run_id: str) -> bytes:
        """`GET /runs/{run_id}/report?format=html`."""
        return self._send("GET", _path(run_id, "/report?format=html"))

    def rollouts(
        self, run_id: str, filters: Mapping[str, str], *, limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """The first `limit` rollouts (None: all) that pass all filters, from `GET /runs/{run_id}/rollouts`."""
        remaining = limit
        for page in self._parts(_path(run_id, "/rollouts"), filters):
            yield from page["rollouts"][:remaining]
            remaining = None if remaining is None else remaining - len(page["rollouts"])
            if remaining is not None and remaining <= 0:
                return

    def files(self, run_id: str) -> Iterator[list[dict[str, Any]]]:
        """The run's files, page by page: each page's addresses are good for a quarter of an hour from then on."""
        for page in self._parts(_path(run_id, "/files"), {}):
            yield page["files"]

    def _parts(self, path: str, filters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Only a cursor of null is the end."""
        query = {"limit": str(MAX_PART), **filters}
        while True:
            page = self._call("GET", f"{path}?{urlencode(sorted(query.items()), quote_via=quote)}")
            yield page
            if page["cursor"] is None:
                return
            query["cursor"] = page["cursor"]

    def cancel(self, run_id: str) -> dict[str, Any]:
        """`POST /runs/{run_id}/cancel`."""
        return self._call("POST", _path(run_id, "/cancel"), {})

    def approve(self, run_id: str, *, approved: bool, by: str, comment: str) -> dict[str, Any]:
        """`POST /runs/{run_id}/approve`."""
        return self._call("POST", _path(run_id, "/approve"), {"approved": approved, "by": by, "comment": comment})

    def deployments(self) -> dict[str, Any]:
        """`GET /deployments`."""
        return self._call("GET", "/deployments")

    def roll_back(self, deployment: str) -> dict[str, Any]:
        """`POST /deployments/{name}/rollback`."""
        return self._call("POST", f"/deployments/{quote(deployment, safe='')}/rollback", {})

    def runs(self, filters: Mapping[str, str], *, limit: int | None, cursor: str | None = None) -> dict[str, Any]:
        """The newest `limit` runs (None: all of them) from `cursor` on, in the shape of `GET /runs`."""
        found: list[dict[str, Any]] = []
        for page in self._pages(filters, limit, cursor):
            found += page["runs"]
            cursor = page["cursor"]
        return {"runs": found, "cursor": cursor}

    def _pages(self, filters: Mapping[str, str], limit: int | None, cursor: str | None) -> Iterator[dict[str, Any]]:
        """A page may have few runs or none although more follow: only a cursor of null is the end."""
        remaining = limit
        while remaining is None or remaining > 0:
            query = {
                **filters,
                "limit": str(min(MAX_PAGE, remaining or MAX_PAGE)),
                **({"cursor": cursor} if cursor else {}),
            }
            page = self._call("GET", f"/runs?{urlencode(query, quote_via=quote)}")
            yield page
            remaining = None if remaining is None else remaining - len(page["runs"])
            cursor = page["cursor"]
            if cursor is None:
                return

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        answer = _parsed(self._send(method, path, body, headers))
        if answer is None:
            raise ApiError(200, f"{self.url} did not return JSON: {CHECK_URL}")
        return answer

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        request = AWSRequest(
            method=method,
            url=self.url.rstrip("/") + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        SigV4Auth(self.credentials.get_frozen_credentials(), "execute-api", self.region).add_auth(request)
        try:
            response = self._session().send(request.prepare())
        except BotoCoreError as error:
            raise ApiError(0, f"Cannot reach {self.url}: {CHECK_URL} ({_reason(error)})") from error
        content: bytes = response.content
        if response.status_code >= 400:
            raise ApiError(response.status_code, _problem_line(response.status_code, _parsed(content) or {}))
        return content

    def _session(self) -> URLLib3Session:
        """One for all calls, so that following a run reuses its connection. Local addresses need no proxy."""
        if not self._http:
            local = urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")
            self._http.append(
                URLLib3Session(timeout=TIMEOUTS, proxies=None if local else get_environ_proxies(self.url))
            )
        return self._http[0]


def _path(run_id: str, rest: str = "") -> str:
    return f"/runs/{quote(run_id, safe='')}{rest}"


def _parsed(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _problem_line(status: int, problem: Mapping[str, Any]) -> str:
    """One line from a problem+json body, or from API Gateway's message: what is wrong, then what to do."""
    fields = [f"{e.get('field')}: {e.get('message')}" for e in problem.get("errors") or []]
    keys = ("title",) if fields else ("detail", "title", "message")  # with fields, the detail only counts them
    head = next((str(problem[key]) for key in keys if problem.get(key)), "")
    advice = (PROBLEM_ADVICE if "title" in problem else ADVICE).get(status)
    parts = [head, "; ".join(fields), advice]
    return " ".join(f"HTTP {status} {' — '.join(part for part in parts if part)}".split())


def _reason(error: Exception) -> str:
    """The innermost cause's own words: the outer ones only repeat the address."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return str(error) or type(error).__name__
