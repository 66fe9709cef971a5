"""Operations on the runs of a stack, with typed responses."""

from __future__ import annotations

import getpass
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rft.contracts.base import SplitName
from rft.contracts.http.api import RunAccepted, RunEvents, RunLine, RunView
from rft.contracts.http.files import RunFileLink
from rft.contracts.http.report import RunReport
from rft.contracts.ledger import RunEvent, RunStatus
from rft.contracts.metrics import TrainingMetrics
from rft.contracts.run_request import RunRequest
from rft_client.answers import typed
from rft_client.api_client import ApiClient
from rft_client.dataset import with_uploaded_dataset
from rft_client.deployment import Deployment
from rft_client.download import RunDownload
from rft_client.errors import WaitTimeout
from rft_client.polling import INTERVAL_SECONDS, Note, poll_run
from rft_client.rollouts import Rollouts


class Runs:
    """`client.runs`. Methods raise ApiError for errors of the API, and RftClientError for local ones."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def create(self, request: RunRequest | Mapping[str, Any], *, key: str | None = None) -> RunAccepted:
        """Starts a run. A local path as the dataset's `uri` is uploaded first (needs s3:PutObject on `datasets/*`).

        `key` is the Idempotency-Key: the same key and request always return the same run. Default: a random key, which
        makes retries of this call safe.
        """
        body = json.loads(request.model_dump_json(exclude_unset=True)) if isinstance(request, RunRequest) else request
        ready = with_uploaded_dataset(dict(body), self._deployment)
        return typed(RunAccepted, self._api.start_run(ready, key=key or uuid.uuid4().hex))

    def get(self, run_id: str) -> RunView:
        """The run's current state and history."""
        return typed(RunView, self._api.run(run_id))

    def list(
        self,
        *,
        status: RunStatus | str | None = None,
        name: str | None = None,
        tag: str | None = None,
        requested_by: str | None = None,
        limit: int | None = None,
    ) -> Iterator[RunLine]:
        """Runs that match all filters (None: any), newest first. `tag`: `key=value`."""
        filters = _given(status=status, name=name, tag=tag, requested_by=requested_by)
        for page in self._api.run_pages(filters, limit):
            yield from (typed(RunLine, run) for run in page["runs"])

    def watch(
        self, run_id: str, *, interval: float = INTERVAL_SECONDS, note: Note = lambda _: None
    ) -> Iterator[RunView]:
        """Yields the run after each change until it has ended. Retries for an hour if the API is unavailable.

        `note` is called with a line of text when the API stops and resumes responding.
        """
        last: dict[str, Any] = {}
        for view in poll_run(self._api, run_id, interval=interval, note=note):
            if view != last:
                yield typed(RunView, view)
            last = view

    def wait(self, run_id: str, *, timeout: float | None = None, interval: float = INTERVAL_SECONDS) -> RunView:
        """Waits until the run has ended, in any status. `timeout`: seconds. Raises WaitTimeout; the run continues."""
        end = None if timeout is None else time.monotonic() + timeout

        def pause(seconds: float) -> None:
            if end is not None and time.monotonic() + seconds > end:
                raise WaitTimeout(f"{run_id} has not ended within {timeout:g} s; it continues")
            time.sleep(seconds)

        *_, last = poll_run(self._api, run_id, interval=interval, note=lambda _: None, pause=pause)
        return typed(RunView, last)

    def cancel(self, run_id: str) -> RunView:
        """Cancels a run and stops its training job; idempotent."""
        return typed(RunView, self._api.cancel(run_id))

    def approve(self, run_id: str, *, approved: bool = True, by: str | None = None, comment: str = "") -> RunView:
        """Approves or rejects a run that awaits approval. `by`: a name, by default that of the local user account."""
        answer = self._api.approve(run_id, approved=approved, by=by or getpass.getuser(), comment=comment)
        return typed(RunView, answer)

    def events(self, run_id: str) -> tuple[RunEvent, ...]:
        """All status changes of the run, oldest first."""
        return typed(RunEvents, self._api.events(run_id)).events

    def metrics(self, run_id: str) -> TrainingMetrics | None:
        """Mean, spread, length and errors by training step; None before the first step."""
        return self.get(run_id).metrics

    def report(self, run_id: str) -> RunReport:
        """The report of a run that has ended."""
        return typed(RunReport, self._api.report(run_id))

    def report_page(self, run_id: str) -> bytes:
        """The report as a self-contained HTML page."""
        return self._api.report_page(run_id)

    def rollouts(
        self,
        run_id: str,
        *,
        split: SplitName | None = None,
        task_id: str | None = None,
        errors: bool = False,
        min_score: float | None = None,
        max_score: float | None = None,
        limit: int | None = None,
    ) -> Rollouts:
        """Graded answers that match all filters (None: any), read lazily."""
        filters = _given(
            split=split, task_id=task_id, errors="true" if errors else None, min_score=min_score, max_score=max_score
        )
        return Rollouts(self._api, run_id, filters, limit)

    def files(self, run_id: str) -> Iterator[RunFileLink]:
        """The run's files, each with a presigned URL that is valid for 15 minutes."""
        for page in self._api.files(run_id):
            yield from (typed(RunFileLink, file) for file in page)

    def download(self, run_id: str, folder: Path | str | None = None) -> Path:
        """Downloads all files of the run and returns the folder (default: the run's id); a repeated call resumes."""
        into = Path(folder or run_id)
        RunDownload(self._api, run_id, into).load_all()
        return into

    @property
    def _api(self) -> ApiClient:
        return self._deployment.client


def _given(**values: object) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}
