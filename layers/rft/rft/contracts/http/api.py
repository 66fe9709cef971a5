"""API responses about runs."""

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
    """Returns the link to a run."""
    return {"self": f"/runs/{run_id}", "events": f"/runs/{run_id}/events"}


def report_address(run_id: str) -> str:
    """Returns the links to an ended run and its report."""
    return f"/runs/{run_id}/report"


class ApprovalRequest(Contract):
    """A person's decision on a run that waits for approval. `by` is free text, not a verified identity."""

    model_config = ConfigDict(strict=True)

    approved: bool
    by: str = Field(min_length=1, max_length=200)
    comment: str = Field(default="", max_length=2000)


class RunAccepted(Contract):
    """The accepted run and its links."""

    run_id: RunId
    status: RunStatus
    links: dict[Link, str]


QueueAhead = Annotated[
    int | None,
    Field(description="Runs ahead of it in the queue for the job quota; null if it does not wait."),
]


class RunView(RunRecord):
    """A run's current state and its history, oldest change first.

    `links`: `self`, `events` and `report` are URLs of this API; the others are `s3://` URIs of the run's files.
    """

    timeline: tuple[RunEvent, ...]
    queue_ahead: QueueAhead = None
    links: dict[Link, str]
    reading: SkipJsonSchema[Reading | None] = Field(default=None, exclude=True)  # internal to the control plane


class RunLine(Contract):
    """A run in the list of runs."""

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
    """A run's status changes, oldest first."""

    run_id: RunId
    events: tuple[RunEvent, ...]
