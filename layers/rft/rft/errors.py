"""Every error the control plane raises on purpose.

    RftError
    ├── InvalidRequest             the caller can fix it: a field, and what to do
    │   └── InvalidGraderEvent     a grader was called with something that is not a batch of samples
    ├── InvalidUpload              an uploaded file that starts no run, with each problem
    ├── DatasetNotFound            no dataset at the URI, or no permission to read it
    ├── DatasetInvalid             records that cannot be trained on, each with its position
    ├── DatasetSizeOutOfBounds     too few or too many training rows, or a file over the limit
    ├── JobRequestInvalid          the training request violates Bedrock's service model
    ├── JobNotFound                no such job in Bedrock
    ├── ModelNotInvocable          a model without access, or that does not exist
    ├── PromptRefused              a model rejects this prompt or these settings
    ├── DeploymentRefused          Bedrock rejects deploying this model or changing this deployment
    ├── DeploymentNotFound         no such deployment in Bedrock
    ├── DeploymentFailed           a deployment failed or timed out
    ├── DeploymentInUse            a deployment is being changed, or is not this stack's
    ├── JudgeNotAdmitted           a trained judge whose evaluation does not show that it is better
    ├── EvaluationFailed           an evaluation without enough scores, or timed out
    ├── StalePlan                  a smoke test's plan has changed since its probes were sent
    ├── RunNotFound                no such run in the ledger
    ├── ReportNotFound             the run has no report, or none yet
    ├── ExperimentNotFound         no such experiment in the ledger
    ├── RunConflict                the same run id or key with another request
    ├── SelfApprovalForbidden      the stack forbids approval by the run's requester
    ├── TransitionRefused          a status change the table does not allow
    ├── QueueTimedOut              no job could be started within max_queue_hours
    ├── AlreadyWoken               the awaited event arrived before the wait
    ├── JudgeError                 no usable reply from the judge; never a score
    │   ├── JudgeUnavailable       it could not be reached
    │   │   └── JudgeThrottled     it throttled the call
    │   ├── JudgeCircuitOpen          it has failed repeatedly; calls are paused
    │   ├── JudgeRefused           a non-retryable error
    │   └── JudgeReplyInvalid      its reply does not have the requested form
    ├── GraderConfigUnreadable     the run's rubric is missing or invalid
    ├── SandboxUnavailable         code could not be run because of the sandbox
    ├── DeadlineExceeded           a batch's deadline passed before a sample was graded
    ├── SampleLimitExceeded        grading one sample took more time or memory than a sample may
    ├── WebhookRefused             an endpoint rejects webhooks, or is not allowed
    ├── TrackingRefused            an MLflow server rejects the run, or its address is not allowed
    ├── RetryableThrottling        AWS throttled the call
    ├── RetryableQuota             a quota is full and will free up (two jobs at a time is common)
    └── RetryableServiceError      AWS failed on its side

The class name is the error name in Step Functions, matched exactly and without inheritance, so every
`Retryable…` class is in an `ErrorEquals` of the state machine, and no other class of this project is.
"""

from __future__ import annotations

from collections.abc import Sequence

from rft.text import first_items, text_block, text_line


class RftError(Exception):
    """Base class of all intentional errors; never raised itself.

    Messages are sanitised and truncated: Lambda loses an error with a lone surrogate, and Step Functions one of more
    than 256 KB.
    """

    def __init__(self, *parts: object) -> None:
        super().__init__(*(text_block(part) if isinstance(part, str) else part for part in parts))


class InvalidRequest(RftError):
    """A field of a request is invalid; `field` is its dotted path, '' for the whole request."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


class InvalidGraderEvent(InvalidRequest):
    """A grader was invoked with something other than an array of samples, or with too many."""


class InvalidUpload(RftError):
    """An uploaded file cannot start a run; each of `problems` names the key, or a field of its run.json."""

    def __init__(self, *problems: str) -> None:
        self.problems = first_items([text_line(problem) for problem in problems])
        super().__init__("; ".join(self.problems))


class DatasetNotFound(RftError):
    """The dataset does not exist, or access is denied."""


class DatasetInvalid(RftError):
    """Raw records cannot be used for training; `problems` has one line each, in file order."""

    SHOWN = 20

    def __init__(self, summary: str, problems: Sequence[str] = ()) -> None:
        self.summary = summary
        self.problems = tuple(map(text_line, problems))
        shown = "".join(f"\n  {line}" for line in self.problems[: self.SHOWN])
        rest = len(self.problems) - self.SHOWN
        super().__init__(summary + shown + (f"\n  … and {rest} more" if rest > 0 else ""))


class DatasetSizeOutOfBounds(RftError):
    """Bedrock accepts 100 to 20,000 training rows; this dataset has fewer or more."""


class JobRequestInvalid(RftError):
    """The CreateModelCustomizationJob request violates Bedrock's service model or was rejected by Bedrock."""


class JobNotFound(RftError):
    """Bedrock has no job with this name or ARN."""


class ModelNotInvocable(RftError):
    """A model cannot be invoked by this stack: access is denied, or it does not exist."""


class PromptRefused(RftError):
    """A model rejects one prompt or its settings (too long or invalid); other prompts may succeed."""


class DeploymentRefused(RftError):
    """Bedrock permanently rejects creating, updating or deleting a deployment."""


class DeploymentNotFound(RftError):
    """Bedrock has no deployment with this name or ARN."""


class DeploymentFailed(RftError):
    """A deployment failed, or did not become Active in time."""


class DeploymentInUse(RftError):
    """A deployment cannot be changed: another change is in progress, or this stack does not own it."""


class JudgeNotAdmitted(RftError):
    """A run's judge does not exist, or its evaluation does not show better agreement with annotators than its base."""


class EvaluationFailed(RftError):
    """An evaluation has too few scores, or exceeded its time limit."""


class StalePlan(RftError):
    """The stack was updated during a smoke test, so stored replies no longer match the plan; start a new run."""


class RunNotFound(RftError):
    """The ledger has no run with this id."""


class ExperimentNotFound(RftError):
    """The ledger has no experiment with this id."""


class ReportNotFound(RftError):
    """The run has no report: it has not ended, or the report could not be written."""


class RunConflict(RftError):
    """The run id or idempotency key is already used by a different request."""


class SelfApprovalForbidden(RftError):
    """The stack requires approval by a principal that is verifiably not the run's requester."""


class TransitionRefused(RftError):
    """The run's status does not allow this change, for example because the run has ended."""


class QueueTimedOut(RftError):
    """The run waited longer than `max_queue_hours` for the job quota."""


class AlreadyWoken(RftError):
    """The awaited event arrived before the wait started; poll now."""


class JudgeError(RftError):
    """The judge returned no usable reply."""


class JudgeUnavailable(JudgeError):
    """The judge could not be reached in time, or had an internal failure."""


class JudgeThrottled(JudgeUnavailable):
    """The judge throttled the call; a later retry may succeed."""


class JudgeCircuitOpen(JudgeError):
    """The judge has failed repeatedly; calls are paused (open circuit)."""


class JudgeRefused(JudgeError):
    """The call is denied, malformed or too long, or the model does not exist; not retryable."""


class JudgeReplyInvalid(JudgeError):
    """The judge's reply does not have the requested format."""


class GraderConfigUnreadable(RftError):
    """A grader cannot read its run's configuration, so it fails the batch instead of inventing scores."""


class SandboxUnavailable(RftError):
    """The sandbox for code cannot be started, cannot isolate its processes, or does not respond."""


class DeadlineExceeded(RftError):
    """A grader's deadline passed before this sample was graded."""


class SampleLimitExceeded(RftError):
    """Grading one sample exceeded its limit of processor time or memory; the others are graded."""


class WebhookRefused(RftError):
    """An endpoint redirects, rejects webhooks permanently, or has a non-public address."""


class TrackingRefused(RftError):
    """An MLflow server rejects the request or the credentials, redirects, or has an invalid address."""


class RetryableThrottling(RftError):
    """AWS throttled the call; the state machine retries after a delay."""


class RetryableQuota(RftError):
    """A quota is exhausted for now; the state machine retries after a long delay."""


class RetryableServiceError(RftError):
    """AWS had an internal failure; the state machine retries."""
