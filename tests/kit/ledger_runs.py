"""Creates runs in a ledger."""

from __future__ import annotations

from rft.contracts.ledger import Decision, RunStatus
from rft.runs.approval import requested
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.stores import Stores
from tests.kit.records import ADA, RUN_ID, add_run

S = RunStatus


def decision(*, approved: bool = True, by: str = "Ada") -> Decision:
    return Decision(approved=approved, by=by, comment="", caller=ADA, at=FixedClock().now())


def await_approval(ledger: Stores, clock: FixedClock) -> None:
    add_run(ledger, S.SMOKE_TESTING)
    approval = requested(("dear",), at=clock.now(), days=7)
    ledger.transition(RUN_ID, S.AWAITING_APPROVAL, changes={"approval": approval})
