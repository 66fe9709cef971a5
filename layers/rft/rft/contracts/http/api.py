"""Responses of the API about runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from rft.contracts.base import Contract, RunId
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunEvent, RunRecord, RunStatus
from rft.contracts.metrics import Reading

Link = Literal["self", "events", "report", "manifest", "smoke_test", "output"]


def addresses(run_id: str) -> dict[Link, str]:
    """Link to the run."""
    return {"self": f"/runs/{run_id}", "events": f"/runs/{run_id}/events"}


def report_address(run_id: str) -> str:
    """Links to an ended run and its report."""
    return f"/runs/{run_id}/report"


class ApprovalRequest(Contract):
    """A person's answer to a run that waits for approval; `by` is their name, as they give it."""

    model_config = ConfigDict(strict=True)

    approved: bool
    by: str = Field(min_length=1, max_length=200)
    comment: str = Field(default="", max_length=2000)


class RunAccepted(Contract):
    """The run of a request, and its links."""

    run_id: RunId
    status: RunStatus
    links: dict[Link, str]


QueueAhead = Annotated[
    int | None,
    Field(description="Runs ahead of it in the queue for the quota of jobs; null where it does not wait."),
]


class RunView(RunRecord):
    """A run's current state and its history, oldest change first.

    `links`: `self`, `events` and `report` are addresses at this API, the others `s3://` URIs of what the run has
    written so far.
    """

    timeline: tuple[RunEvent, ...]
    queue_ahead: QueueAhead = None
    links: dict[Link, str]
    reading: SkipJsonSchema[Reading | None] = Field(default=None, exclude=True)  # the control plane's own


class RunLine(Contract):
    """A run in a list."""

    run_id: RunId
    name: str
    task: str
    status: RunStatus
    tags: dict[str, str]
    requested_by: Principal | None
    created_at: datetime
    updated_at: datetime
    reward: float | None = Field(description="Mean reward of the last training step with a score.")
    model_arn: str | None
    simulated: bool = Field(default=False, description="Job, model or answers come from the emulator.")
    queue_ahead: QueueAhead = None
    links: dict[Link, str]


class RunList(Contract):
    """Runs, newest first."""

    runs: tuple[RunLine, ...]
    cursor: str | None = Field(description="Cursor of the next page; null on the last one.")


class RunEvents(Contract):
    """A run's changes of status, oldest first."""

    run_id: RunId
    events: tuple[RunEvent, ...]
