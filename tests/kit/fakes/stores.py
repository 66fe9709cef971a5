"""Everything that the ledger's table holds, as one port."""

from __future__ import annotations

from typing import Protocol

from rft.ports.events import Outbox
from rft.ports.runs import Approvals, JobQueue, Ledger, RunHistory, RunWaits, UploadRejections


class Stores(Ledger, RunHistory, Approvals, JobQueue, RunWaits, UploadRejections, Outbox, Protocol):
    """What tests of the table's promises need together; a step takes one port of them or two."""
