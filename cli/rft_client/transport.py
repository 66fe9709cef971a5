"""HTTP requests to one API: authenticated, with JSON responses, and retried if idempotent."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from rft_client.auth import FORBIDDEN, UNAUTHORIZED, Authorization
from rft_client.errors import ApiError

TIMEOUTS = (4.0, 30.0)
"""Connect and read timeout in seconds; API Gateway's own timeout is 30 s."""

TRANSIENT_STATUSES = frozenset({0, 429, 500, 502, 503, 504})
"""Statuses that a retry may resolve; 0: no response."""

CHECK_URL = "check the URL and your network"
ADVICE = {
    401: "the token is wrong or expired",
    403: "the credentials are wrong or expired, or lack execute-api:Invoke on this API",
    404: CHECK_URL,
    429: "try again in a moment",
}
"""HTTP status → remedy, for errors of API Gateway itself."""
PROBLEM_ADVICE = {404: "`rft list` shows existing runs", 503: "try again in a moment"}
"""HTTP status → remedy, for errors of the control plane."""


@dataclass(frozen=True)
class Retry:
    """Attempts per request, with exponential back-off and full jitter between them."""

    attempts: int = 1
    base_seconds: float = 0.5
    max_seconds: float = 20.0
    pause: Callable[[float], None] = time.sleep

    def seconds(self, attempt: int, error: ApiError) -> float:
        """Seconds to wait before attempt `attempt + 1`: not less than the API's Retry-After."""
        backoff = random.uniform(0, min(self.max_seconds, self.base_seconds * 2**attempt))  # noqa: S311  jitter
        return max(backoff, error.retry_after or 0.0)


ONCE = Retry()
"""No retries: errors are raised at once."""


@dataclass(frozen=True)
class Request:
    """An HTTP request. `repeatable`: it is idempotent, so it may be retried."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False


@dataclass(frozen=True)
class Transport:
    """One API at `url`. Methods raise ApiError."""

    url: str
    authorization: Authorization
    retry: Retry = ONCE
    timeouts: tuple[float, float] = TIMEOUTS
    _http: list[URLLib3Session] = field(default_factory=list, init=False, repr=False, compare=False)

    def call(self, request: Request) -> dict[str, Any]:
        """Returns the JSON object of the response."""
        answer = _parsed(self.send(request))
        if answer is None:
            raise ApiError(200, f"{self.url} did not return JSON: {CHECK_URL}")
        return answer

    def send(self, request: Request) -> bytes:
        """Returns the body of the response."""
        attempts = self.retry.attempts if request.repeatable else 1
        for attempt in range(1, attempts):
            try:
                return self._send_once(request)
            except ApiError as error:
                if error.status not in TRANSIENT_STATUSES:
                    raise
                self.retry.pause(self.retry.seconds(attempt, error))
        return self._send_once(request)

    def _send_once(self, request: Request) -> bytes:
        prepared = AWSRequest(
            method=request.method,
            url=self.url.rstrip("/") + request.path,
            data=None if request.body is None else json.dumps(request.body).encode(),
            headers={"Content-Type": "application/json", **request.headers},
        )
        self.authorization.authorize(prepared)
        try:
            response = self._session().send(prepared.prepare())
        except BotoCoreError as error:
            raise ApiError(0, f"Cannot reach {self.url}: {CHECK_URL} ({_reason(error)})") from error
        content: bytes = response.content
        if response.status_code >= 400:
            raise self._refusal(response.status_code, _parsed(content) or {}, response.headers)
        return content

    def _refusal(self, status: int, problem: Mapping[str, Any], headers: Mapping[str, str]) -> ApiError:
        seconds, why = headers.get("Retry-After"), ""
        if status in {UNAUTHORIZED, FORBIDDEN} and "title" not in problem:
            why = self.authorization.explain(status, headers.get("www-authenticate", ""))
        retry_after = float(seconds) if seconds and seconds.isdecimal() else None
        return ApiError(status, _problem_line(status, problem, why), problem=problem, retry_after=retry_after)

    def _session(self) -> URLLib3Session:
        """One session for all calls, so that polling reuses the connection."""
        if not self._http:
            self._http.append(http_session(self.url, timeout=self.timeouts))
        return self._http[0]


def http_session(url: str, *, timeout: Any) -> URLLib3Session:
    """A session for the URL's host; local addresses bypass the proxy."""
    local = urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
    return URLLib3Session(timeout=timeout, proxies=None if local else get_environ_proxies(url))


def _parsed(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _problem_line(status: int, problem: Mapping[str, Any], why: str = "") -> str:
    """One line from a problem+json body or API Gateway's message: cause, then remedy."""
    fields = [f"{e.get('field')}: {e.get('message')}" for e in problem.get("errors") or []]
    keys = ("title",) if fields else ("detail", "title", "message")  # with fields, the detail only counts them
    head = next((str(problem[key]) for key in keys if problem.get(key)), "")
    advice = why or (PROBLEM_ADVICE if "title" in problem else ADVICE).get(status)
    parts = [head, "; ".join(fields), advice]
    return " ".join(f"HTTP {status} {' — '.join(part for part in parts if part)}".split())


def _reason(error: Exception) -> str:
    """Message of the innermost cause; outer ones only repeat the URL."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return str(error) or type(error).__name__
