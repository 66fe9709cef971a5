"""Ports to graders, judges, sandboxes and the rollout store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # Graders and steps import only the contracts they use, to keep cold starts short.
    from rft.contracts.graders.code_tests import CaseResult, CodeTests
    from rft.contracts.telemetry import Rollout


@dataclass(frozen=True)
class GraderReply:
    """The result of a grader invocation: a decoded payload, or `error` (one line) if it failed, timed out or raised.

    `exception` is the grader's exception as `Class: message`, '' if it raised none.
    """

    payload: Any
    error: str | None
    seconds: float
    exception: str = ""

    @property
    def failure(self) -> str | None:
        """Why there is no payload, in one line; None if there is one."""
        return f"{self.error} {self.exception}" if self.error and self.exception else self.error


@dataclass(frozen=True)
class GraderVersion:
    """A run's grader: its ARN, and Lambda's CodeSha256, None without permission to read it."""

    arn: str
    code_sha256: str | None


class GraderInvoker(Protocol):
    def invoke(self, grader_arn: str, batch: Sequence[Mapping[str, Any]]) -> GraderReply:
        """Invokes the grader with the batch as its event. A failure of the grader is returned as a reply with an error.

        Raises RetryableThrottling and RetryableServiceError for failures of the Lambda service.
        """
        ...

    def resolve(self, grader_arn: str, *, publish: bool) -> GraderVersion:
        """Returns the grader; with `publish` a published version, a new one only if code or configuration changed.

        Raises as `invoke`.
        """
        ...

    def timeout_seconds(self, grader_arn: str) -> float | None:
        """The grader's Lambda timeout; None without permission to read it. Raises as `invoke`."""
        ...


@dataclass(frozen=True)
class JudgeReply:
    """A judge's reply and its tokens; `cached_tokens` are input tokens read from the model's prompt cache."""

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


class Judge(Protocol):
    @property
    def model_id(self) -> str: ...

    def complete(self, *, system: str, user: str, schema: Mapping[str, Any]) -> JudgeReply:
        """Calls the model once at temperature 0. The caller validates the reply.

        `schema` is the JSON schema that the reply should match; not every model enforces it.
        Raises JudgeUnavailable, JudgeThrottled, JudgeRefused, JudgeReplyInvalid (withheld, or no text).
        """
        ...


class JudgeCache(Protocol):
    """Judge replies by the digest of their request. Never raises: a failure of the cache is a cache miss."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, text: str) -> None: ...


class RolloutLog(Protocol):
    @property
    def keeps_answers(self) -> bool:
        """Whether rows may include the text of answers."""
        ...

    def write(self, run_id: str, rollouts: Sequence[Rollout]) -> None:
        """Writes one object with rows of this run. Raises RetryableThrottling, RetryableServiceError."""
        ...


class CodeSandbox(Protocol):
    """Runs model-written code against its row's tests in isolation."""

    def test(self, program: str, tests: CodeTests, *, remaining: Callable[[], float]) -> Sequence[CaseResult]:
        """Returns one result per test, in order. `remaining()` returns the batch's remaining seconds.

        Raises SandboxUnavailable, DeadlineExceeded (the batch's time ran out before the tests'), UngradableSample
        (the tests are invalid).
        """
        ...
