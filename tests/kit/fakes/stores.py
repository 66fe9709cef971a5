"""All ports of the ledger's table in one class."""

from __future__ import annotations

from typing import Protocol

from rft.ports.events import Outbox
from rft.ports.runs import Approvals, JobQueue, Ledger, RunHistory, RunWaits, UploadRejections


class Stores(Ledger, RunHistory, Approvals, JobQueue, RunWaits, UploadRejections, Outbox, Protocol):
    """Combines the ports for contract tests; a step uses only one or two of them."""
