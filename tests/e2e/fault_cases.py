"""The fault matrix: what goes wrong, at which stage of a run, and how the run must end.

A case's rules match calls about its own run alone, so that many runs can be active at once.
"""

from __future__ import annotations

from typing import Any

from emulator.faults import Fault
from tests.e2e.fault_case import (
    CONFLICT,
    CREATE,
    DENIED,
    FAULT,
    GET,
    NEVER,
    OUTAGE,
    PIPELINE,
    SHORT,
    STOP,
    THROUGHPUT,
    WRITE,
    Case,
    error,
    event,
    function,
    refused,
    training,
)
from tests.e2e.grader_fault_cases import graders, graders_in_training, judges


def writes() -> list[Case]:
    """The same troubles of the ledger at changes of status: the n-th transaction leads to the n-th stage."""
    cases = []
    for number, stage in enumerate(PIPELINE):
        if stage == "SMOKE_TESTING":
            continue  # as PREPARING
        cases += [
            Case(stage, "ledger throttled", (error(*WRITE, *THROUGHPUT, skip=number),)),
            Case(
                stage,
                "ledger write conflicts",
                (error(*WRITE, "TransactionCanceledException", 400, details=CONFLICT, skip=number),),
            ),
            Case(stage, "ledger's answer is lost", (error(*WRITE, *FAULT, effect="response_lost", skip=number),)),
        ]
    for number, stage in list(enumerate(PIPELINE))[1:]:
        if number > 2:
            cases.append(Case(stage, "ledger out of order", (error(*WRITE, *OUTAGE, skip=number),)))
        jobs, before = int(stage == "TRAINING"), PIPELINE[number - 1]
        cases.append(
            Case(stage, "ledger denied", (error(*WRITE, *DENIED, skip=number),), "FAILED", before, "ClientError", jobs)
        )
    return cases


def functions() -> list[Case]:
    """The same faults of each step's function. A poll of a job is retried, other steps are not."""
    steps = [
        ("PrepareDataset", "PREPARING", {"ends": "FAILED", "last": "PENDING", "jobs": 0}),
        ("SmokeTestGrader", "SMOKE_TESTING", {"ends": "FAILED", "last": "PREPARING", "jobs": 0}),
        ("StartTraining", "STARTING", {"ends": "FAILED", "last": "SMOKE_TESTING", "jobs": 0}),
        ("CheckTraining", "TRAINING", {}),
    ]
    return [
        *(case for name, stage, dead in steps for case in _function(name, stage, dead)),
        Case("PREPARING", "PrepareDataset starts slowly", (function("PrepareDataset", "cold_start", seconds=2),)),
        Case("TRAINING", "CheckTraining out of memory", (function("CheckTraining", "out_of_memory"),)),
    ]


def _function(name: str, stage: str, dead: dict[str, Any]) -> list[Case]:
    """`dead` is how a run ends whose step dies."""
    died, late = ({**dead, "error": error} if dead else {} for error in ("ExitError", "Timed"))
    lost = error("lambda", "Invoke", "ServiceException", 500, subject=name, effect="response_lost")
    unloaded = {"ends": "FAILED", **dead, "error": "Runtime.ImportModuleError"}
    return [
        Case(stage, f"{name} throttled", (refused(name, "TooManyRequestsException", 429),)),
        Case(stage, f"{name}'s answer is lost", (lost,)),
        Case(stage, f"{name} crashes", (function(name, "crash"),), **died),
        Case(stage, f"{name} runs out of time", (function(name, "timeout"),), **late),
        Case(stage, f"{name} cannot be loaded", (function(name, "init_error"),), **unloaded),
    ]


def data() -> list[Case]:
    """S3 while rows are read and written."""
    return [
        Case("PREPARING", "dataset: SlowDown", (error("s3", "GetObject", "SlowDown", 503),)),
        Case("PREPARING", "dataset: S3 out of order", (error("s3", "GetObject", *OUTAGE),)),
        Case(
            "PREPARING",
            "dataset: denied",
            (error("s3", "GetObject", "AccessDenied", 403),),
            "FAILED",
            "PREPARING",
            "DatasetNotFound",
            0,
        ),
        Case("PREPARING", "rows: 503", (error("s3", "PutObject", "ServiceUnavailable", 503, subject="runs/"),)),
        Case("PREPARING", "rows: S3 out of order", (error("s3", "PutObject", *OUTAGE, subject="runs/"),)),
        Case(
            "PREPARING",
            "rows: denied",
            (error("s3", "PutObject", "AccessDenied", 403, subject="runs/"),),
            "FAILED",
            "PREPARING",
            "AccessDenied",
            0,
        ),
        Case(
            "PREPARING",
            "dataset: the function's clock is wrong",
            (error("s3", "GetObject", "RequestTimeTooSkewed", 403),),
            "FAILED",
            "PREPARING",
            "ClientError",
            0,
        ),
        Case("SMOKE_TESTING", "rows: SlowDown", (error("s3", "GetObject", "SlowDown", 503, subject="runs/"),)),
    ]


def job_starts() -> list[Case]:
    """Bedrock, while the job is made."""
    invalid: dict[str, Any] = {"ends": "FAILED", "last": "STARTING", "error": "JobRequestInvalid", "jobs": 0}
    return [
        Case("STARTING", "job: throttled", (error(*CREATE, "ThrottlingException", 429),)),
        Case("STARTING", "job: 5xx", (error(*CREATE, *FAULT),)),
        Case("STARTING", "job: Bedrock out of order", (error(*CREATE, *OUTAGE, count=3),)),
        Case("STARTING", "job: quota full", (error(*CREATE, "ServiceQuotaExceededException", 400, count=3),)),
        Case("STARTING", "job: conflict with nothing", (error(*CREATE, "ConflictException", 400),)),
        Case("STARTING", "job: denied", (error(*CREATE, *DENIED),), **invalid),
        Case("STARTING", "job: refused", (error(*CREATE, "ValidationException", 400),), **invalid),
        Case("STARTING", "job: answer lost, client repeats", (error(*CREATE, *FAULT, effect="response_lost"),)),
        Case("STARTING", "job: answer lost, step repeats", (error(*CREATE, *OUTAGE, effect="response_lost"),)),
        Case("STARTING", "job: cannot be seen yet", (error(*GET, "ResourceNotFoundException", 404, count=3),)),
    ]


def job_polls() -> list[Case]:
    """Bedrock's answers, while the job trains."""
    failed: dict[str, Any] = {"ends": "FAILED"}
    return [
        Case("TRAINING", "poll: throttled", (error(*GET, "ThrottlingException", 429, skip=1),)),
        Case("TRAINING", "poll: Bedrock out of order", (error(*GET, *OUTAGE, skip=1, count=3),)),
        Case("TRAINING", "poll: cannot be seen", (error(*GET, "ResourceNotFoundException", 404, skip=1, count=3),)),
        Case("TRAINING", "poll: denied", (error(*GET, *DENIED, skip=1),), **failed, error="AccessDenied"),
        Case("TRAINING", "status flaps: Stopping", (Fault(service="bedrock", effect="show", message="Stopping"),)),
        Case(
            "TRAINING",
            "status flaps: Failed",
            (Fault(service="bedrock", effect="show", message="Failed", skip=1),),
            **failed,
            error="TrainingJobFailed",
        ),
        Case(
            "TRAINING",
            "status flaps: Completed, no model",
            (Fault(service="bedrock", effect="show", message="Completed", skip=1), training("hang", 2)),
            **failed,
            error="TrainedModelMissing",
        ),
    ]


def job_events() -> list[Case]:
    """Bedrock's event of the job's end, which ends a wait, and the functions that begin and end waits."""
    lost = error("lambda", "Invoke", "ServiceException", 500, subject="WaitForTraining", effect="response_lost")
    return [
        Case("TRAINING", "event of job's end twice", (event("duplicate", "aws.bedrock"),)),
        Case("TRAINING", "event of job's end late", (event("delay", "aws.bedrock", seconds=1.0),)),
        Case("TRAINING", "event of job's end missing", (event("drop", "aws.bedrock"),)),
        Case("TRAINING", "WaitForTraining throttled", (refused("WaitForTraining", "TooManyRequestsException", 429),)),
        Case("TRAINING", "WaitForTraining's answer is lost", (lost,)),
        Case("TRAINING", "WaitForTraining crashes", (function("WaitForTraining", "crash"),)),
        Case("TRAINING", "WaitForTraining cannot be loaded", (function("WaitForTraining", "init_error"),)),
        Case("TRAINING", "WakeRuns crashes", (function("WakeRuns", "crash"),)),
        Case("TRAINING", "waking: Step Functions out of order", (error("states", "SendTaskSuccess", *OUTAGE),)),
    ]


def job_ends_badly() -> list[Case]:
    """A job that fails, is stopped, or never ends."""
    failed: dict[str, Any] = {"ends": "FAILED"}
    slow, late = {"max_training_hours": SHORT}, {"max_not_started_hours": SHORT}
    return [
        Case("TRAINING", "job fails before training", (training("fail", 0),), **failed, error="TrainingJobFailed"),
        Case("TRAINING", "job fails at step 2", (training("fail", 2),), **failed, error="TrainingJobFailed"),
        Case("TRAINING", "job stopped in the console", (training("stop", 2),), **failed, error="TrainingJobStopped"),
        Case("TRAINING", "job stays NotStarted", (training("hang", 0),), **failed, error="NotStarted", fields=late),
        Case("TRAINING", "job never ends", (training("hang", 2),), **failed, error="TimedOut", fields=slow),
        Case(
            "TRAINING",
            "job never ends, stop fails",
            (training("hang", 2), error(*STOP, *OUTAGE, count=2)),
            **failed,
            error="TimedOut",
            fields=slow,
        ),
        Case(
            "TRAINING",
            "job never ends, stop refused",
            (training("hang", 2), error(*STOP, "ConflictException", 400)),
            **failed,
            error="TimedOut",
            fields=slow,
        ),
    ]


def clocks_and_metrics() -> list[Case]:
    """What neither ends a job nor hides how it ends."""
    return [
        Case("TRAINING", "Bedrock's clock ahead", (Fault(service="bedrock", effect="skew", seconds=7200, count=None),)),
        Case(
            "TRAINING", "Bedrock's clock behind", (Fault(service="bedrock", effect="skew", seconds=-7200, count=None),)
        ),
        Case("TRAINING", "metrics: S3 503", (error("s3", "ListObjectsV2", "ServiceUnavailable", 503),)),
        Case("TRAINING", "metrics: ledger out of order", (error("dynamodb", "UpdateItem", *OUTAGE, skip=1),)),
        Case(
            "TRAINING",
            "metrics: ledger write conflicts",
            (error("dynamodb", "UpdateItem", "ConditionalCheckFailedException", 400, skip=1),),
        ),
    ]


def endings() -> list[Case]:
    """While the end is recorded and announced."""
    fails = training("fail", 1)
    failed: dict[str, Any] = {"ends": "FAILED", "error": "TrainingJobFailed"}
    lost = error("lambda", "Invoke", "ServiceException", 500, subject="RecordOutcome", effect="response_lost")
    return [
        Case("ended", "ledger throttled", (error(*WRITE, *THROUGHPUT, skip=5),)),
        Case(
            "ended", "ledger's answer is lost", (fails, error(*WRITE, *FAULT, effect="response_lost", skip=5)), **failed
        ),
        Case("ended", "RecordOutcome crashes", (function("RecordOutcome", "crash"),)),
        Case("ended", "RecordOutcome crashes on a failure", (fails, function("RecordOutcome", "crash")), **failed),
        Case("ended", "RecordOutcome's answer is lost", (fails, lost), **failed),
        Case("ended", "topic throttled", (fails, error("sns", "Publish", "Throttling", 400)), **failed),
        Case("ended", "topic out of order", (fails, error("sns", "Publish", *OUTAGE)), **failed),
        Case("ended", "event of end twice", (fails, event("duplicate", "aws.states")), **failed),
        Case("ended", "event of end late", (fails, event("delay", "aws.states", seconds=1.0)), **failed),
        Case("ended", "event of end missing", (fails, event("drop", "aws.states")), **failed),
    ]


def beginnings() -> list[Case]:
    """While the run is started."""
    start = ("states", "StartExecution")
    return [
        Case("PENDING", "execution throttled", (error(*start, "ThrottlingException", 400),)),
        Case("PENDING", "execution's answer is lost", (error(*start, *FAULT, effect="response_lost"),)),
        Case("PENDING", "execution cannot be noted", (error("dynamodb", "UpdateItem", *OUTAGE),)),
        Case("PENDING", "event of upload twice", (event("duplicate", "aws.s3"),), upload=True),
        Case("PENDING", "event of upload late", (event("delay", "aws.s3", seconds=1.0),), upload=True),
        Case("PENDING", "event of upload missing", (event("drop", "aws.s3"),), NEVER, jobs=0, upload=True),
        Case("PENDING", "StartFromUpload crashes", (function("StartFromUpload", "crash"),), upload=True),
        Case("PENDING", "upload: ledger out of order", (error(*WRITE, *OUTAGE),), upload=True),
    ]


CASES = [
    *beginnings(),
    *writes(),
    *functions(),
    *data(),
    *graders(),
    *graders_in_training(),
    *judges(),
    *job_starts(),
    *job_polls(),
    *job_events(),
    *job_ends_badly(),
    *clocks_and_metrics(),
    *endings(),
]
