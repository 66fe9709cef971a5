"""Client of the control plane's API that returns plain JSON. `Client` returns typed responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlencode

from botocore.credentials import Credentials

from rft_client.auth import SigV4
from rft_client.transport import ONCE, Request, Retry, Transport

MAX_PAGE = 100
"""Maximum runs per page of the API."""

MAX_PART = 1000
"""Maximum rollouts or files per page of the API."""


@dataclass(frozen=True)
class ApiClient:
    """One deployed API. Methods raise ApiError."""

    transport: Transport

    @classmethod
    def signed(cls, url: str, region: str, credentials: Credentials, *, retry: Retry = ONCE) -> Self:
        """A client that signs requests with SigV4. `url`: the API's base URL."""
        return cls(Transport(url, SigV4(region, credentials), retry))

    @property
    def url(self) -> str:
        return self.transport.url

    def start_run(self, request: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """`POST /runs`; `key` is sent as the Idempotency-Key and permits retries."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._call(Request("POST", "/runs", request, headers, repeatable=key is not None))

    def run(self, run_id: str) -> dict[str, Any]:
        """`GET /runs/{run_id}`."""
        return self._get(_path(run_id))

    def events(self, run_id: str) -> dict[str, Any]:
        """`GET /runs/{run_id}/events`."""
        return self._get(_path(run_id, "/events"))

    def report(self, run_id: str) -> dict[str, Any]:
        """`GET /runs/{run_id}/report`."""
        return self._get(_path(run_id, "/report"))

    def report_page(self, run_id: str) -> bytes:
        """`GET /runs/{run_id}/report?format=html`."""
        return self.transport.send(Request("GET", _path(run_id, "/report?format=html"), repeatable=True))

    def rollouts(
        self, run_id: str, filters: Mapping[str, str], *, limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """`GET /runs/{run_id}/rollouts`: the first `limit` rollouts (None: all) that match all filters."""
        remaining = limit
        for page in self.rollout_pages(run_id, filters):
            yield from page["rollouts"][:remaining]
            remaining = None if remaining is None else remaining - len(page["rollouts"])
            if remaining is not None and remaining <= 0:
                return

    def rollout_pages(self, run_id: str, filters: Mapping[str, str], cursor: str = "") -> Iterator[dict[str, Any]]:
        """All pages of `GET /runs/{run_id}/rollouts` from `cursor` on; pages before the last one may be empty."""
        return self._parts(_path(run_id, "/rollouts"), {**filters, **({"cursor": cursor} if cursor else {})})

    def files(self, run_id: str) -> Iterator[list[dict[str, Any]]]:
        """`GET /runs/{run_id}/files` by page; the URLs of a page expire 15 minutes after it was read."""
        for page in self._parts(_path(run_id, "/files"), {}):
            yield page["files"]

    def cancel(self, run_id: str) -> dict[str, Any]:
        """`POST /runs/{run_id}/cancel`."""
        return self._call(Request("POST", _path(run_id, "/cancel"), {}, repeatable=True))

    def start_experiment(self, request: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """`POST /experiments`; `key` as in `start_run`."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._call(Request("POST", "/experiments", request, headers, repeatable=key is not None))

    def experiments(self, *, limit: int) -> dict[str, Any]:
        """`GET /experiments`: the newest `limit` experiments, 100 at most."""
        return self._get(f"/experiments?limit={limit}")

    def experiment(self, experiment_id: str) -> dict[str, Any]:
        """`GET /experiments/{experiment_id}`."""
        return self._get(f"/experiments/{quote(experiment_id, safe='')}")

    def cancel_experiment(self, experiment_id: str) -> dict[str, Any]:
        """`POST /experiments/{experiment_id}/cancel`."""
        path = f"/experiments/{quote(experiment_id, safe='')}/cancel"
        return self._call(Request("POST", path, {}, repeatable=True))

    def approve(self, run_id: str, *, approved: bool, by: str, comment: str) -> dict[str, Any]:
        """`POST /runs/{run_id}/approve`."""
        answer = {"approved": approved, "by": by, "comment": comment}
        return self._call(Request("POST", _path(run_id, "/approve"), answer, repeatable=True))

    def deployments(self) -> dict[str, Any]:
        """`GET /deployments`."""
        return self._get("/deployments")

    def roll_back(self, deployment: str) -> dict[str, Any]:
        """`POST /deployments/{name}/rollback`. Not idempotent: a second rollback reverts the first one."""
        return self._call(Request("POST", f"/deployments/{quote(deployment, safe='')}/rollback", {}))

    def delete_deployment(self, deployment: str) -> dict[str, Any]:
        """`DELETE /deployments/{name}`."""
        return self._call(Request("DELETE", f"/deployments/{quote(deployment, safe='')}", repeatable=True))

    def runs(self, filters: Mapping[str, str], *, limit: int | None, cursor: str | None = None) -> dict[str, Any]:
        """`GET /runs`: the newest `limit` runs (None: all) from `cursor` on, as one page."""
        found: list[dict[str, Any]] = []
        for page in self.run_pages(filters, limit, cursor):
            found += page["runs"]
            cursor = page["cursor"]
        return {"runs": found, "cursor": cursor}

    def run_pages(
        self, filters: Mapping[str, str], limit: int | None, cursor: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Pages of runs until the cursor is null; pages before the last one may be short or empty."""
        remaining = limit
        while remaining is None or remaining > 0:
            query = {
                **filters,
                "limit": str(min(MAX_PAGE, remaining or MAX_PAGE)),
                **({"cursor": cursor} if cursor else {}),
            }
            page = self._get(f"/runs?{urlencode(query, quote_via=quote)}")
            yield page
            remaining = None if remaining is None else remaining - len(page["runs"])
            cursor = page["cursor"]
            if cursor is None:
                return

    def _parts(self, path: str, filters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Pages of rollouts or files until the cursor is null."""
        query = {"limit": str(MAX_PART), **filters}
        while True:
            page = self._get(f"{path}?{urlencode(sorted(query.items()), quote_via=quote)}")
            yield page
            if page["cursor"] is None:
                return
            query["cursor"] = page["cursor"]

    def _get(self, path: str) -> dict[str, Any]:
        return self._call(Request("GET", path, repeatable=True))

    def _call(self, request: Request) -> dict[str, Any]:
        return self.transport.call(request)


def _path(run_id: str, rest: str = "") -> str:
    return f"/runs/{quote(run_id, safe='')}{rest}"
