"""Ports to run records, approvals, waits, rejected uploads and executions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

if TYPE_CHECKING:  # Graders and steps import only the contracts they use, to keep cold starts short.
    from rft.contracts.http.principal import Principal
    from rft.contracts.ledger import Decision, RunEvent, RunRecord, RunStatus, UploadRejection


@dataclass(frozen=True)
class RunPage:
    """One page of runs, newest first; `cursor` is the next page's, None on the last page."""

    records: tuple[RunRecord, ...]
    cursor: str | None


Changes: TypeAlias = "Mapping[str, Any] | Callable[[RunRecord], Mapping[str, Any]]"
"""Fields of RunRecord, or a function that computes them from the record at the time of the write."""


class Ledger(Protocol):
    """Run records. Terminal runs are immutable, except for the mark that they were notified."""

    def create(self, record: RunRecord, *, key: str | None = None) -> RunRecord:
        """Adds a run and, with `key`, claims that idempotency key for it in the same transaction.

        Returns the stored record: the new one, or the existing one of an equal request.
        Raises RunConflict if the id or the key is taken by a different request.
        """
        ...

    def get(self, run_id: str) -> RunRecord:
        """Returns the run (strongly consistent read). Raises RunNotFound."""
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
        """Changes the status and fields of RunRecord and appends an event, in one transaction.

        `caller`: who caused the change, if not the run itself. A change to the current status (a retried step) writes
        the fields but no event.
        Raises RunNotFound, TransitionRefused.
        """
        ...

    def update(self, run_id: str, changes: Mapping[str, Any]) -> None:
        """Updates fields of RunRecord on an active run. Raises RunNotFound, TransitionRefused."""
        ...

    def mark_notified(self, run_id: str) -> bool:
        """Marks an ended run as notified; True for the first caller only. Raises RunNotFound, TransitionRefused."""
        ...


class RunHistory(Protocol):
    def events(self, run_id: str) -> list[RunEvent]:
        """Returns the run's history, oldest first. Raises RunNotFound."""
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
        """Returns up to `limit` runs that match all filters, newest first, starting at `cursor`.

        Records omit `metrics` and `reading`. The order is by creation and never changes, so new runs do not shift
        pages. A selective filter may yield a short page with a cursor. Raises InvalidRequest for an invalid cursor.
        """
        ...


class Approvals(Protocol):
    """Decisions on runs that wait for approval, and the task tokens that resume them."""

    def decide(self, run_id: str, decision: Decision) -> RunRecord:
        """Records a person's decision. The first one is final; repeating it is idempotent.

        Raises RunNotFound, TransitionRefused (the run awaits none, or has the opposite decision).
        """
        ...

    def save_token(self, run_id: str, token: str) -> None:
        """Stores the task token that resumes the run's execution, replacing an earlier one; not part of the record."""
        ...

    def token(self, run_id: str) -> str:
        """Returns the task token. Raises RunNotFound."""
        ...


class RunWaits(Protocol):
    """Waits of executions that an event may end early: the latest task token of each run."""

    def begin(self, run_id: str, token: str) -> bool:
        """Stores the token of a wait. Returns False, without storing, if the run was woken since its last wait.

        Each wake-up returns False once. Raises RetryableThrottling, RetryableServiceError.
        """
        ...

    def wake(self, run_id: str) -> str | None:
        """Marks the run as woken until its next `begin`; returns the token of its last wait. Raises as `begin`."""
        ...


class JobQueue(Protocol):
    """FIFO queue of runs that wait for a job, ordered by the time of becoming STARTING.

    The ledger maintains it in its own writes: an entry exists only while its run is STARTING.
    """

    def ahead(self, run_id: str, since: datetime) -> int:
        """Number of runs ahead of the run that has queued since `since`, strongly consistent.

        Raises RetryableThrottling, RetryableServiceError.
        """
        ...

    def first(self, count: int) -> tuple[str, ...]:
        """Ids of the first `count` runs, strongly consistent. Raises as `ahead`."""
        ...


class UploadRejections(Protocol):
    def reject(self, rejection: UploadRejection) -> UploadRejection:
        """Records a rejected upload; returns the first rejection of this object version."""
        ...

    def rejection(self, bucket: str, key: str, version: str) -> UploadRejection | None: ...


@dataclass(frozen=True)
class Execution:
    """An execution. `status` is Step Functions'; `error` and `cause` are set if it did not succeed."""

    status: str
    error: str = ""
    cause: str = ""

    @property
    def ended(self) -> bool:
        """False while it is running or pending redrive."""
        return self.status in {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


class Executions(Protocol):
    """Executions of the TrainModel state machine."""

    def start(self, run_id: str, payload: Mapping[str, Any]) -> str:
        """Starts the execution named `run_id` and returns its ARN; idempotent for the same name and payload.

        Raises RunConflict if the name is used with another payload, RetryableThrottling, RetryableServiceError.
        """
        ...

    def find(self, run_id: str) -> Execution | None:
        """Returns the run's execution, None if there is none. Raises RetryableThrottling, RetryableServiceError."""
        ...

    def stop(self, run_id: str, *, error: str, cause: str) -> None:
        """Aborts the run's execution; no effect if it has ended or does not exist. Raises as `find`."""
        ...

    def send_task_success(self, token: str, output: Mapping[str, Any]) -> bool:
        """Ends the wait of `token` with `output`; False if the wait has already ended.

        Raises as `find`.
        """
        ...
