"""What the API answers about runs."""

from __future__ import annotations

from typing import Literal

from rft.contracts.base import Contract, RunId
from rft.contracts.ledger import RunEvent, RunRecord, RunStatus

Link = Literal["self", "manifest", "smoke_test", "output"]


class RunAccepted(Contract):
    """A run that was asked for: where to follow it."""

    run_id: RunId
    status: RunStatus
    links: dict[Link, str]


class RunView(RunRecord):
    """A run as it stands, with its history, oldest change first.

    `links`: `self` is the run's address at this API, the others are `s3://` URIs of what it has written so far.
    """

    timeline: tuple[RunEvent, ...]
    links: dict[Link, str]
