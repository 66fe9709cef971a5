"""wait_for_quota: stores the wait for a job, which ends with the next attempt or with a job's change."""

from __future__ import annotations

from rft.contracts.steps import WaitBegun
from rft.ports.runs import RunWaits
from rft.runs.waits import begin_wait


def wait_for_quota(*, run_id: str, task_token: str, waits: RunWaits) -> WaitBegun:
    """Store the token that ends this wait. Raises AlreadyWoken and the Retryable… errors."""
    return begin_wait(run_id, task_token, waits)
