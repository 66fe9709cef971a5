"""wait_for_training: the run waits for its job, until the next poll is due or an event says that the job has ended."""

from __future__ import annotations

from rft.contracts.steps import WaitBegun
from rft.ports.runs import RunWaits
from rft.runs.waits import begin_wait


def wait_for_training(*, run_id: str, task_token: str, waits: RunWaits) -> WaitBegun:
    """Store the token that ends this wait. Raises AlreadyWoken and the Retryable… errors."""
    return begin_wait(run_id, task_token, waits)
