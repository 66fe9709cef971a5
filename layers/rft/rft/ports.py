"""What the steps need from outside, in the steps' own words.

`rft.adapters` implements these for AWS,
`tests/kit/fakes` in memory. Methods raise only errors of `rft.errors`; anything else is a bug and stays loud.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:  # a function loads only the contracts that its own step uses: a grader none of the ledger's
    from rft.contracts.code_tests import CaseResult, CodeTests
    from rft.contracts.dataset import Message
    from rft.contracts.job import Job
    from rft.contracts.ledger import Decision, RunEvent, RunRecord, RunStatus, UploadRejection
    from rft.contracts.sampling import SamplingProtocol
    from rft.contracts.telemetry import Rollout

Input = TypeVar("Input")
Result = TypeVar("Result")


@dataclass(frozen=True)
class OpenSource:
    """A dataset being read: `stream` yields bytes once; `version` is S3's version id or an ETag, where there is one.

    Where it is `pinned`, the very same bytes can be opened again by that version, from any byte on.
    """

    stream: BinaryIO
    bytes: int | None
    version: str | None
    pinned: bool = False


class DatasetSource(Protocol):
    """Reads raw datasets from where requests may point."""

    def open(self, uri: str, version: str | None = None, start: int = 0) -> AbstractContextManager[OpenSource]:
        """Open for one pass, from byte `start` on; `version` is an S3 version id, None the newest.

        Raises InvalidRequest (address not allowed), DatasetNotFound, DatasetSizeOutOfBounds.
        """
        ...


class ObjectStore(Protocol):
    """The data bucket. All URIs are `s3://bucket/key`."""

    def uri(self, key: str) -> str:
        """The URI of a key in the data bucket."""
        ...

    def put_stream(self, uri: str, chunks: Iterable[bytes]) -> None:
        """Write an object as its bytes come; replaces what was there once all have come, and does nothing before."""
        ...

    def join(self, uri: str, pieces: Sequence[str]) -> None:
        """Write an object that is others of the bucket end to end; replaces what was there. Raises DatasetNotFound."""
        ...

    def put_bytes(self, uri: str, body: bytes) -> None:
        """Write a small object; replaces what was there."""
        ...

    def get_bytes(self, uri: str) -> bytes:
        """Read a small object. Raises DatasetNotFound."""
        ...

    def find_bytes(self, uri: str, *, most: int) -> bytes | None:
        """Read a small object of up to `most` bytes, None where there is none.

        Raises DatasetNotFound (it may not be read), DatasetSizeOutOfBounds.
        """
        ...

    def lines(self, uri: str) -> Iterator[bytes]:
        """Stream an object line by line, without line ends. Raises DatasetNotFound."""
        ...


class Workers(Protocol):
    """The processor's cores."""

    def map(self, work: Callable[[Input], Result], inputs: Iterable[Input]) -> Iterator[Result]:
        """`work` of each input, in their order, on all cores; inputs are taken little further ahead than results.

        What `work` raises is raised here. Inputs and results are handed over between processes, so they are data.
        """
        ...


class Tokenizer(Protocol):
    """Counts tokens; `encoding` names how."""

    @property
    def encoding(self) -> str: ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text, in order."""
        ...


@dataclass(frozen=True)
class GraderReply:
    """What invoking a grader gave: a decoded payload, or `error` (one line) where it failed, timed out or raised."""

    payload: Any
    error: str | None
    seconds: float


@dataclass(frozen=True)
class GraderVersion:
    """What a run calls: the ARN, and Lambda's digest of its code; None where this stack may not look it up."""

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


class TrainingJobs(Protocol):
    """Bedrock's model customization jobs."""

    def problems(self, request: Mapping[str, Any]) -> list[str]:
        """Where a CreateModelCustomizationJob request breaks Bedrock's service model; empty when it fits."""
        ...

    def create(self, request: Mapping[str, Any]) -> str:
        """Start a job and return its ARN; the same clientRequestToken returns the same job.

        Raises JobRequestInvalid, RetryableThrottling, RetryableQuota, RetryableServiceError.
        """
        ...

    def get(self, name_or_arn: str) -> Job:
        """The job now. Raises JobNotFound, RetryableThrottling, RetryableServiceError."""
        ...

    def stop(self, name_or_arn: str) -> None:
        """Ask the job to stop; nothing happens to one that has ended or is stopping already. Raises as `get`."""
        ...

    def active(self) -> Sequence[str]:
        """Names of all jobs of this account and region that are InProgress, whoever made them. Raises as `get`."""
        ...


@dataclass(frozen=True)
class RunPage:
    """Part of the list of runs, newest first; `cursor` leads to the next part, None where there is none."""

    records: tuple[RunRecord, ...]
    cursor: str | None


Changes: TypeAlias = "Mapping[str, Any] | Callable[[RunRecord], Mapping[str, Any]]"
"""Fields of RunRecord, or what gives them for the record as it stands when they are written."""


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

    def transition(self, run_id: str, to: RunStatus, *, detail: str = "", changes: Changes | None = None) -> RunRecord:
        """Change status, together with fields of RunRecord, and append an event; all or nothing.

        A change to the status it already has (a step that is retried) writes the fields and no event.
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
        limit: int = 25,
        cursor: str | None = None,
    ) -> RunPage:
        """Up to `limit` runs that pass all filters, newest first, from where `cursor` left off.

        Records are without `metrics` and `reading`. The order is by creation and never changes, so runs that arrive
        meanwhile shift no page. A search that found little in much may end a page early, with a cursor. Raises
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
        """Keep the task token that lets the run's execution go on, in place of an earlier one; no record shows it."""
        ...

    def token(self, run_id: str) -> str:
        """The task token. Raises RunNotFound."""
        ...


class UploadRejections(Protocol):
    """Uploads that made no run."""

    def reject(self, rejection: UploadRejection) -> UploadRejection:
        """Record that an upload made no run, and return what stands: the first rejection of an object version."""
        ...

    def rejection(self, bucket: str, key: str, version: str) -> UploadRejection | None:
        """Why an object version made no run, if it was rejected."""
        ...


class Notifier(Protocol):
    """Tells people."""

    def publish(self, notice: str, subject: str, message: Mapping[str, Any]) -> None:
        """Send one message; `subject` is cut to 100 characters (SNS's limit).

        `notice` names the occasion, such as `outcome/<run id>`: who comes with one that was sent sends nothing. Raises
        RetryableServiceError while another is sending it, RetryableThrottling.
        """
        ...


@dataclass(frozen=True)
class Execution:
    """How an execution stands: `status` is Step Functions' word; `error` and `cause` say why it did not succeed."""

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
        """End the wait that `token` belongs to with `output`; False where nobody waits for it any more.

        Raises as `find`.
        """
        ...


@dataclass(frozen=True)
class JudgeReply:
    """A judge's answer and what it cost in tokens; `cached_tokens` are input that came from the model's cache."""

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


class Judge(Protocol):
    """An LLM that is asked about an answer."""

    @property
    def model_id(self) -> str: ...

    def ask(self, *, system: str, user: str, schema: Mapping[str, Any]) -> JudgeReply:
        """One question at temperature 0, asked once. The reply has text; whether it makes sense is the caller's to say.

        `schema` is the JSON schema that the reply should fit; not every model can be held to it.
        Raises JudgeUnavailable, JudgeThrottled, JudgeRefused, JudgeReplyInvalid (withheld, or no text).
        """
        ...


class JudgeCache(Protocol):
    """Replies of judges by the digest of what they were asked. It never raises: a cache that fails is a miss."""

    def get(self, key: str) -> str | None:
        """The reply's text, if it is known."""
        ...

    def put(self, key: str, text: str) -> None:
        """Remember a reply that made sense."""
        ...


class RolloutLog(Protocol):
    """Where graders leave what they graded."""

    @property
    def keeps_answers(self) -> bool:
        """Whether rows may hold the answers' text."""
        ...

    def write(self, run_id: str, rollouts: Sequence[Rollout]) -> None:
        """Add one object of rows, all of this run. Raises RetryableThrottling, RetryableServiceError."""
        ...


@dataclass(frozen=True)
class StoredRollouts:
    """An object of rollouts: its name after the run's prefix, and its size in bytes."""

    name: str
    size: int


class RolloutReader(Protocol):
    """What graders left behind of a run's rollouts."""

    def after(self, run_id: str, name: str, *, most: int) -> list[StoredRollouts]:
        """Up to `most` (1000) objects named later than `name`, oldest first; '' is before all.

        Raises RetryableThrottling, RetryableServiceError.
        """
        ...

    def read(self, run_id: str, names: Sequence[str]) -> Iterator[Sequence[Rollout] | None]:
        """The rows of each object, in order of `names`; None for one that is gone or holds anything else.

        Raises as `after`.
        """
        ...


class CodeSandbox(Protocol):
    """Where code that a model wrote is run against its row's tests."""

    def test(self, program: str, tests: CodeTests, *, remaining: Callable[[], float]) -> Sequence[CaseResult]:
        """One result for each test, in order. `remaining` gives the batch's seconds that are left.

        Raises SandboxUnavailable, DeadlineExceeded (the batch's time was shorter than the tests'), UngradableSample
        (the tests themselves cannot be run).
        """
        ...


class Clock(Protocol):
    """Wall time."""

    def now(self) -> datetime:
        """The time in UTC, with time zone."""
        ...


@dataclass(frozen=True)
class SampledText:
    """A model's answer: its first text, '' where there is none, and the tokens it took, reasoning included."""

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    simulated: bool = False


class ModelSampler(Protocol):
    """Lets models answer prompts."""

    def sample(self, model_id: str, messages: Sequence[Message], protocol: SamplingProtocol) -> SampledText:
        """One answer to a prompt, requested once.

        `model_id` is a model's or inference profile's id, or a deployment's ARN. Raises ModelNotInvocable,
        PromptRefused, RetryableThrottling, RetryableServiceError.
        """
        ...


@dataclass(frozen=True)
class ModelDeployment:
    """An on-demand deployment of a custom model.

    `status`: Creating, Active or Failed. An update leaves it Active: `update_status` is Updating, UpdateCompleted or
    UpdateFailed, `update_model_arn` the model that it changes to.
    """

    arn: str
    name: str
    model_arn: str
    status: str
    failure: str = ""
    update_status: str = ""
    update_model_arn: str = ""


class ModelDeployments(Protocol):
    """On-demand deployments of custom models."""

    def create(self, name: str, model_arn: str, *, tags: Mapping[str, str], token: str) -> str:
        """Deploy a model and return the ARN; the same token and name give the deployment that is there.

        Raises DeploymentRefused, RetryableQuota, RetryableThrottling, RetryableServiceError.
        """
        ...

    def find(self, name_or_arn: str) -> ModelDeployment | None:
        """The deployment now, None where there is none. Raises RetryableThrottling, RetryableServiceError."""
        ...

    def update(self, name_or_arn: str, model_arn: str) -> None:
        """Let a deployment change to another model. Raises DeploymentRefused, DeploymentNotFound, Retryable…."""
        ...

    def delete(self, name_or_arn: str) -> None:
        """Delete a deployment; one that is gone is no error. Raises RetryableServiceError while it cannot be."""
        ...

    def tagged(self, key: str) -> list[tuple[ModelDeployment, Mapping[str, str]]]:
        """All deployments that have this tag, each with all its tags. Raises as `find`."""
        ...
