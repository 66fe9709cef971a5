"""The control plane's routes as Python calls that give back the API's own JSON. `Client` has typed answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlencode

from botocore.credentials import Credentials

from rft_client.auth import SigV4
from rft_client.transport import ONCE, Request, Retry, Transport

MAX_PAGE = 100
"""Most runs that the API returns at once."""

MAX_PART = 1000
"""Most rollouts or files that the API returns at once."""


@dataclass(frozen=True)
class ApiClient:
    """One deployed API. Methods raise ApiError."""

    transport: Transport

    @classmethod
    def signed(cls, url: str, region: str, credentials: Credentials, *, retry: Retry = ONCE) -> Self:
        """Signed with SigV4. `url`: the API's base URL."""
        return cls(Transport(url, SigV4(region, credentials), retry))

    @property
    def url(self) -> str:
        return self.transport.url

    def start_run(self, request: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """`POST /runs`; `key` becomes the Idempotency-Key, and makes the request one that may be repeated."""
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
        """The first `limit` rollouts (None: all) that pass all filters, from `GET /runs/{run_id}/rollouts`."""
        remaining = limit
        for page in self.rollout_pages(run_id, filters):
            yield from page["rollouts"][:remaining]
            remaining = None if remaining is None else remaining - len(page["rollouts"])
            if remaining is not None and remaining <= 0:
                return

    def rollout_pages(self, run_id: str, filters: Mapping[str, str], cursor: str = "") -> Iterator[dict[str, Any]]:
        """Every page of `GET /runs/{run_id}/rollouts` from `cursor` on; a page may be empty although more follow."""
        return self._parts(_path(run_id, "/rollouts"), {**filters, **({"cursor": cursor} if cursor else {})})

    def files(self, run_id: str) -> Iterator[list[dict[str, Any]]]:
        """The run's files, page by page: each page's addresses are good for a quarter of an hour from then on."""
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
        """`GET /experiments`: the newest ones, max 100."""
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
        """`POST /deployments/{name}/rollback`. Not repeatable: once it is done, another one brings the model back."""
        return self._call(Request("POST", f"/deployments/{quote(deployment, safe='')}/rollback", {}))

    def delete_deployment(self, deployment: str) -> dict[str, Any]:
        """`DELETE /deployments/{name}`."""
        return self._call(Request("DELETE", f"/deployments/{quote(deployment, safe='')}", repeatable=True))

    def runs(self, filters: Mapping[str, str], *, limit: int | None, cursor: str | None = None) -> dict[str, Any]:
        """The newest `limit` runs (None: all of them) from `cursor` on, in the shape of `GET /runs`."""
        found: list[dict[str, Any]] = []
        for page in self.run_pages(filters, limit, cursor):
            found += page["runs"]
            cursor = page["cursor"]
        return {"runs": found, "cursor": cursor}

    def run_pages(
        self, filters: Mapping[str, str], limit: int | None, cursor: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """A page may have few runs or none although more follow: only a cursor of null is the end."""
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
        """Only a cursor of null is the end."""
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
