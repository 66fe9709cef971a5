"""Waits of executions that events can end early. Takes ports.

The wait's own timeout is the fallback, so a lost event costs at most the rest of the wait.
"""

from __future__ import annotations

from rft.contracts.steps import WaitBegun
from rft.errors import AlreadyWoken
from rft.ports.runs import Executions, RunWaits


def begin_wait(run_id: str, token: str, waits: RunWaits) -> WaitBegun:
    """Stores the token that ends the wait. Raises AlreadyWoken and the Retryable… errors."""
    if not waits.begin(run_id, token):
        raise AlreadyWoken(f"{run_id} was woken before its wait began")
    return WaitBegun(run_id=run_id)


def wake_run(run_id: str, *, waits: RunWaits, executions: Executions) -> bool:
    """Ends the run's wait (True), or its next one if it is not waiting now (False).

    Raises the Retryable… errors.
    """
    token = waits.wake(run_id)
    return token is not None and executions.send_task_success(token, {"woken": True})
