"""Graders, judges, sandboxes, and where rollouts are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # a function loads only the contracts that its own step uses: a grader none of the ledger's
    from rft.contracts.graders.code_tests import CaseResult, CodeTests
    from rft.contracts.telemetry import Rollout


@dataclass(frozen=True)
class GraderReply:
    """The result of invoking a grader: a decoded payload, or `error` (one line) where it failed, timed out or raised.

    `exception` is what the grader raised, as `Class: message`, '' where it raised nothing.
    """

    payload: Any
    error: str | None
    seconds: float
    exception: str = ""

    @property
    def failure(self) -> str | None:
        """Why there is no payload, in one line."""
        return f"{self.error} {self.exception}" if self.error and self.exception else self.error


@dataclass(frozen=True)
class GraderVersion:
    """A run's grader: the ARN, and Lambda's digest of its code; None without permission to read it."""

    arn: str
    code_sha256: str | None


class GraderInvoker(Protocol):
    """Invokes a grader Lambda synchronously."""

    def invoke(self, grader_arn: str, batch: Sequence[Mapping[str, Any]]) -> GraderReply:
        """One invocation with the batch as its event. A grader's own failure is a reply with an error.

        Raises RetryableThrottling and RetryableServiceError for faults that are not the grader's.
        """
        ...

    def resolve(self, grader_arn: str, *, publish: bool) -> GraderVersion:
        """The grader as it is now; with `publish` its version, a new one only where code or configuration changed.

        Raises as `invoke`.
        """
        ...

    def timeout_seconds(self, grader_arn: str) -> float | None:
        """After how long Lambda cuts the grader off; None where this stack may not look it up. Raises as `invoke`."""
        ...


@dataclass(frozen=True)
class JudgeReply:
    """A judge's reply and its tokens; `cached_tokens` are input that came from the model's cache."""

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


class Judge(Protocol):
    """An LLM that judges an answer."""

    @property
    def model_id(self) -> str: ...

    def complete(self, *, system: str, user: str, schema: Mapping[str, Any]) -> JudgeReply:
        """One call at temperature 0. The reply has text; the caller validates it.

        `schema` is the JSON schema that the reply should match; not every model enforces it.
        Raises JudgeUnavailable, JudgeThrottled, JudgeRefused, JudgeReplyInvalid (withheld, or no text).
        """
        ...


class JudgeCache(Protocol):
    """Judges' replies by the digest of their request. It never raises: a cache that fails is a miss."""

    def get(self, key: str) -> str | None:
        """The cached reply's text; None on a miss."""
        ...

    def put(self, key: str, text: str) -> None:
        """Remember a reply that made sense."""
        ...


class RolloutLog(Protocol):
    """Stores graded rollouts."""

    @property
    def keeps_answers(self) -> bool:
        """Whether rows may hold the answers' text."""
        ...

    def write(self, run_id: str, rollouts: Sequence[Rollout]) -> None:
        """Add one object of rows, all of this run. Raises RetryableThrottling, RetryableServiceError."""
        ...


class CodeSandbox(Protocol):
    """Where code that a model wrote is run against its row's tests."""

    def test(self, program: str, tests: CodeTests, *, remaining: Callable[[], float]) -> Sequence[CaseResult]:
        """One result for each test, in order. `remaining` gives the batch's seconds that are left.

        Raises SandboxUnavailable, DeadlineExceeded (the batch's time was shorter than the tests'), UngradableSample
        (the tests themselves cannot be run).
        """
        ...
