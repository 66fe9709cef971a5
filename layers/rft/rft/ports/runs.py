"""Run records, approvals, rejected uploads and executions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

if TYPE_CHECKING:  # a function loads only the contracts that its own step uses: a grader none of the ledger's
    from rft.contracts.http.principal import Principal
    from rft.contracts.ledger import Decision, RunEvent, RunRecord, RunStatus, UploadRejection


@dataclass(frozen=True)
class RunPage:
    """Part of the list of runs, newest first; `cursor` leads to the next part, None where there is none."""

    records: tuple[RunRecord, ...]
    cursor: str | None


Changes: TypeAlias = "Mapping[str, Any] | Callable[[RunRecord], Mapping[str, Any]]"
"""Fields of RunRecord, or a function that gives them for the current record at the time of the write."""


class Ledger(Protocol):
    """Run records. No write changes a run that has ended, but for marking it notified."""

    def create(self, record: RunRecord, *, key: str | None = None) -> RunRecord:
        """Add a run, and with `key` (an idempotency key) claim that key for it in the same transaction.

        Returns the record as stored: the new one, or the one that is there already for an equal request.
        Raises RunConflict if the id or the key is taken by a different request.
        """
        ...

    def get(self, run_id: str) -> RunRecord:
        """The run now, strongly consistent. Raises RunNotFound."""
        ...

    def transition(
        self,
        run_id: str,
        to: RunStatus,
        *,
        detail: str = "",
        changes: Changes | None = None,
        caller: Principal | None = None,
    ) -> RunRecord:
        """Change status, together with fields of RunRecord, and append an event; all or nothing.

        `caller` is who caused it, where it is not the run itself. A change to the status it already has (a step that
        is retried) writes the fields and no event.
        Raises RunNotFound, TransitionRefused.
        """
        ...

    def update(self, run_id: str, changes: Mapping[str, Any]) -> None:
        """Write fields of RunRecord on a run that has not ended. Raises RunNotFound, TransitionRefused."""
        ...

    def mark_notified(self, run_id: str) -> bool:
        """Mark an ended run as announced: True to the first caller only. Raises RunNotFound, TransitionRefused."""
        ...


class RunHistory(Protocol):
    """Histories and lists of runs."""

    def events(self, run_id: str) -> list[RunEvent]:
        """The run's history, oldest first. Raises RunNotFound."""
        ...

    def page(
        self,
        *,
        status: RunStatus | None = None,
        name: str | None = None,
        tag: tuple[str, str] | None = None,
        requested_by: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> RunPage:
        """Up to `limit` runs that pass all filters, newest first, from where `cursor` left off.

        Records are without `metrics` and `reading`. The order is by creation and never changes, so runs that arrive
        meanwhile shift no page. A search with few hits may end a page early, with a cursor. Raises
        InvalidRequest for a cursor that is none.
        """
        ...


class Approvals(Protocol):
    """Answers to runs that await approval, and the task tokens that resume them."""

    def decide(self, run_id: str, decision: Decision) -> RunRecord:
        """Record a person's answer. The first one counts: the same answer again changes nothing.

        Raises RunNotFound, TransitionRefused (the run awaits none, or has got the other answer).
        """
        ...

    def save_token(self, run_id: str, token: str) -> None:
        """Store the task token that resumes the run's execution, replacing an earlier one; no record shows it."""
        ...

    def token(self, run_id: str) -> str:
        """The task token. Raises RunNotFound."""
        ...


class RunWaits(Protocol):
    """Waits of executions that an event may end early: one task token for each run, the newest."""

    def begin(self, run_id: str, token: str) -> bool:
        """Store the token of a wait; False, and nothing stored, where the run was woken since its last wait.

        Each wake-up gives False once. Raises RetryableThrottling, RetryableServiceError.
        """
        ...

    def wake(self, run_id: str) -> str | None:
        """Mark the run as woken, until its next `begin`, and return the token of its last wait. Raises as `begin`."""
        ...


class JobQueue(Protocol):
    """Runs that want a job, in the order in which they became STARTING; a run leaves with that status.

    The ledger keeps it with its own writes: it has no entry of a run that has ended.
    """

    def ahead(self, run_id: str, since: datetime) -> int:
        """How many runs are ahead of the one that queues since then, strongly consistent.

        Raises RetryableThrottling, RetryableServiceError.
        """
        ...

    def first(self, count: int) -> tuple[str, ...]:
        """Ids of the first runs, strongly consistent. Raises as `ahead`."""
        ...


class UploadRejections(Protocol):
    """Uploads that made no run."""

    def reject(self, rejection: UploadRejection) -> UploadRejection:
        """Record that an upload started no run; returns the first rejection of this object version."""
        ...

    def rejection(self, bucket: str, key: str, version: str) -> UploadRejection | None:
        """Why an object version made no run, if it was rejected."""
        ...


@dataclass(frozen=True)
class Execution:
    """An execution's state: `status` is Step Functions'; `error` and `cause` say why it did not succeed."""

    status: str
    error: str = ""
    cause: str = ""

    @property
    def ended(self) -> bool:
        """False while it is running, or is waiting to be run again."""
        return self.status in {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


class Executions(Protocol):
    """Executions of the TrainModel state machine."""

    def start(self, run_id: str, payload: Mapping[str, Any]) -> str:
        """Start the execution named `run_id` and return its ARN; the same name and payload return the same one.

        Raises RunConflict if the name is taken by another payload, RetryableThrottling, RetryableServiceError.
        """
        ...

    def find(self, run_id: str) -> Execution | None:
        """The run's execution now, None where there is none. Raises RetryableThrottling, RetryableServiceError."""
        ...

    def stop(self, run_id: str, *, error: str, cause: str) -> None:
        """Abort the run's execution; nothing happens where it has ended or never was. Raises as `find`."""
        ...

    def send_task_success(self, token: str, output: Mapping[str, Any]) -> bool:
        """End the wait that `token` belongs to with `output`; False where the wait has ended.

        Raises as `find`.
        """
        ...
