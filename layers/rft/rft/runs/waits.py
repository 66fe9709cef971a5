"""Waits of executions that an event ends early. Takes ports.

The wait's own time-out is the fallback: an event that is lost costs the rest of the wait, no more.
"""

from __future__ import annotations

from rft.contracts.steps import WaitBegun
from rft.errors import AlreadyWoken
from rft.ports.runs import Executions, RunWaits


def begin_wait(run_id: str, token: str, waits: RunWaits) -> WaitBegun:
    """Store the token that ends the wait. Raises AlreadyWoken and the Retryable… errors."""
    if not waits.begin(run_id, token):
        raise AlreadyWoken(f"{run_id} was woken before its wait began")
    return WaitBegun(run_id=run_id)


def wake_run(run_id: str, *, waits: RunWaits, executions: Executions) -> bool:
    """End the run's wait, or its next one where it is not waiting just now; True for the former.

    Raises the Retryable… errors.
    """
    token = waits.wake(run_id)
    return token is not None and executions.send_task_success(token, {"woken": True})
