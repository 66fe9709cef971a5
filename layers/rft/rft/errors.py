"""Every error the control plane raises on purpose.

    RftError
    ├── InvalidRequest             the caller can fix it: a field, and what to do
    │   └── InvalidGraderEvent     a grader was called with something that is not a batch of samples
    ├── InvalidUpload              an uploaded file that makes no run, with each thing that is wrong
    ├── DatasetNotFound            no object at the dataset's address, or no permission to read it
    ├── DatasetInvalid             records that cannot be trained on, each with its position
    ├── DatasetSizeOutOfBounds     too few or too many training rows, or a file over the limit
    ├── JobRequestInvalid          the training request breaks Bedrock's own model
    ├── JobNotFound                no such job in Bedrock
    ├── ModelNotInvocable          a model that may not be called, or is not there
    ├── PromptRefused              a model that does not take this prompt or these settings
    ├── DeploymentRefused          Bedrock does not deploy this model, or does not change this deployment
    ├── DeploymentNotFound         no such deployment in Bedrock
    ├── DeploymentFailed           a deployment that Bedrock could not make, or not in time
    ├── DeploymentInUse            a deployment that another change is under way of, or that is not this stack's
    ├── JudgeNotAdmitted           a trained judge whose evaluation does not show that it is better
    ├── EvaluationFailed           an evaluation without enough scores, or out of its time
    ├── StalePlan                  a smoke test's plan has changed since its probes were sent
    ├── RunNotFound                no such run in the ledger
    ├── ReportNotFound             the run has no report, or none yet
    ├── ExperimentNotFound         no such experiment in the ledger
    ├── RunConflict                the same run id or key with another request
    ├── SelfApprovalForbidden      who started a run may not approve it in this stack
    ├── TransitionRefused          a status change the table does not allow
    ├── QueueTimedOut              no job could be started within max_queue_hours
    ├── AlreadyWoken               the awaited event arrived before the wait
    ├── JudgeError                 no answer from the judge that can be used; never a score
    │   ├── JudgeUnavailable       it could not be reached
    │   │   └── JudgeThrottled     it throttled the call
    │   ├── JudgeCircuitOpen          it has failed repeatedly; calls are paused
    │   ├── JudgeRefused           it will not take this call, however often it is made
    │   └── JudgeReplyInvalid      its reply does not have the requested form
    ├── GraderConfigUnreadable     the run's rubric is not where it must be, or is none
    ├── SandboxUnavailable         code could not be run, for no fault of its own
    ├── DeadlineExceeded           a batch's time was up before a sample was graded
    ├── SampleLimitExceeded        grading one sample took more time or memory than a sample may
    ├── WebhookRefused             an endpoint that does not take webhooks, or must not get any
    ├── TrackingRefused            an MLflow server that does not take the run, or whose address must not get it
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
    """Base of all errors raised on purpose; never raised itself.

    Messages are sanitised and capped: Lambda loses an error with a lone surrogate, and Step Functions
    one of more than 256 KB.
    """

    def __init__(self, *parts: object) -> None:
        super().__init__(*(text_block(part) if isinstance(part, str) else part for part in parts))


class InvalidRequest(RftError):
    """A request is wrong in one field; `field` is its dotted path, '' for the whole."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


class InvalidGraderEvent(InvalidRequest):
    """A grader was invoked with something that is not an array of samples, or with too many."""


class InvalidUpload(RftError):
    """An uploaded file makes no run; each of `problems` names the key, or a field of its run.json."""

    def __init__(self, *problems: str) -> None:
        self.problems = first_items([text_line(problem) for problem in problems])
        super().__init__("; ".join(self.problems))


class DatasetNotFound(RftError):
    """The dataset's object or page does not exist, or may not be read."""


class DatasetInvalid(RftError):
    """Raw records that cannot be trained on; `problems` has one line for each, in file order."""

    SHOWN = 20

    def __init__(self, summary: str, problems: Sequence[str] = ()) -> None:
        self.summary = summary
        self.problems = tuple(map(text_line, problems))
        shown = "".join(f"\n  {line}" for line in self.problems[: self.SHOWN])
        rest = len(self.problems) - self.SHOWN
        super().__init__(summary + shown + (f"\n  … and {rest} more" if rest > 0 else ""))


class DatasetSizeOutOfBounds(RftError):
    """Bedrock takes 100 to 20,000 training rows; this dataset gives fewer or more."""


class JobRequestInvalid(RftError):
    """The CreateModelCustomizationJob request breaks Bedrock's service model or was refused by it."""


class JobNotFound(RftError):
    """Bedrock has no job under this name or ARN."""


class ModelNotInvocable(RftError):
    """A model cannot be called by this stack: access is denied, or there is no such model."""


class PromptRefused(RftError):
    """A model refuses one prompt or its settings: too long, or not valid. Other prompts may be answered."""


class DeploymentRefused(RftError):
    """Bedrock refuses to create, update or delete a deployment, however often it is requested."""


class DeploymentNotFound(RftError):
    """Bedrock has no deployment under this name or ARN."""


class DeploymentFailed(RftError):
    """A deployment ended as Failed, or was not Active in time."""


class DeploymentInUse(RftError):
    """A deployment may not be changed: another change is in progress, or it is not this stack's."""


class JudgeNotAdmitted(RftError):
    """A run's judge is not there, or its evaluation does not show that it agrees with people better than its base."""


class EvaluationFailed(RftError):
    """An evaluation has too few scores to compare, or has taken longer than the request allows."""


class StalePlan(RftError):
    """The stack was updated during a smoke test: stored replies no longer match the plan.

    Starting the run again tests one version.
    """


class RunNotFound(RftError):
    """The ledger has no run under this id."""


class ExperimentNotFound(RftError):
    """The ledger has no experiment under this id."""


class ReportNotFound(RftError):
    """The run has not ended, so that it has no report yet, or its report could not be written."""


class RunConflict(RftError):
    """The run id or idempotency key is already taken by a different request."""


class SelfApprovalForbidden(RftError):
    """The stack takes approvals from a principal only that is known to be another than who started the run."""


class TransitionRefused(RftError):
    """The run's status does not allow this change, for example because the run has ended."""


class QueueTimedOut(RftError):
    """The quota of jobs stayed full, or the queue long, for `max_queue_hours`."""


class AlreadyWoken(RftError):
    """The awaited event arrived before the wait began: poll now."""


class JudgeError(RftError):
    """The judge gave no usable reply."""


class JudgeUnavailable(JudgeError):
    """The judge could not be reached in time, or failed on its side."""


class JudgeThrottled(JudgeUnavailable):
    """The judge throttled the call; a later retry may succeed."""


class JudgeCircuitOpen(JudgeError):
    """The judge has failed repeatedly; calls are paused for some time."""


class JudgeRefused(JudgeError):
    """The call is denied, malformed or too long, or the model does not exist: a retry changes nothing."""


class JudgeReplyInvalid(JudgeError):
    """The judge's reply does not have the requested form."""


class GraderConfigUnreadable(RftError):
    """A grader needs its run's config and cannot read it: it fails the batch, as any score would be made up."""


class SandboxUnavailable(RftError):
    """The sandbox for code cannot be started, cannot seal its processes, or does not answer."""


class DeadlineExceeded(RftError):
    """A grader's time was up before this sample was graded."""


class SampleLimitExceeded(RftError):
    """Grading one sample took more processor time or memory than a sample may; the others are graded."""


class WebhookRefused(RftError):
    """An endpoint redirects, wants no more webhooks, or has an address that is not public."""


class TrackingRefused(RftError):
    """An MLflow server refuses the request or the credentials, redirects, or has an address that no server has."""


class RetryableThrottling(RftError):
    """AWS throttled the call; the state machine waits and tries again."""


class RetryableQuota(RftError):
    """A quota that frees up with time is full; the state machine waits long and tries again."""


class RetryableServiceError(RftError):
    """AWS answered with a fault of its own; the state machine tries again."""
