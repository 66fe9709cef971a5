"""The fault matrix, of what gives scores: the grader and the judge behind it."""

from __future__ import annotations

from typing import Any

from emulator.faults import Fault
from tests.e2e.fault_case import DENIED, FAULT, FOR_GOOD, GRADER, IN_TRAINING, Case, error, function, refused, training

REJECTED: dict[str, Any] = {"ends": "REJECTED", "last": "SMOKE_TESTING", "error": "GraderNotTrusted", "jobs": 0}


def graders() -> list[Case]:
    """The grader, while it is put to the test."""
    rejected = REJECTED
    return [
        Case("SMOKE_TESTING", "grader throttled", (refused(GRADER, "TooManyRequestsException", 429),)),
        Case("SMOKE_TESTING", "grader crashes", (function(GRADER, "crash"),), **rejected),
        Case("SMOKE_TESTING", "grader runs out of time", (function(GRADER, "timeout"),), **rejected),
        Case("SMOKE_TESTING", "grader cannot be loaded", (function(GRADER, "init_error"),), **rejected),
        Case("SMOKE_TESTING", "grader out of memory", (function(GRADER, "out_of_memory"),), **rejected),
        Case("SMOKE_TESTING", "grader starts slowly", (function(GRADER, "cold_start", seconds=2),)),
    ]


def graders_in_training() -> list[Case]:
    """The grader, while Bedrock calls it: three more tries make up for what passes."""
    failed: dict[str, Any] = {"ends": "FAILED", "error": "TrainingJobFailed", "cause": "reward function failed 4 times"}
    throttled = refused(GRADER, "TooManyRequestsException", 429).model_copy(update=IN_TRAINING)
    deaths = {
        "crashes": "crash",
        "runs out of time": "timeout",
        "out of memory": "out_of_memory",
        "cannot be loaded": "init_error",
    }
    return [
        Case("TRAINING", "grader throttled", (throttled.model_copy(update={"count": 3}),)),
        Case("TRAINING", "grader throttled for good", (throttled.model_copy(update=FOR_GOOD),), **failed),
        Case("TRAINING", "grader starts slowly", (function(GRADER, "cold_start", seconds=1, **IN_TRAINING),)),
        *(
            Case("TRAINING", f"grader {name} once", (function(GRADER, effect, **IN_TRAINING),))
            for name, effect in deaths.items()
        ),
        *(
            Case(
                "TRAINING", f"grader {name} for good", (function(GRADER, effect, **IN_TRAINING, **FOR_GOOD),), **failed
            )
            for name, effect in deaths.items()
        ),
    ]


def judges() -> list[Case]:
    """The judge behind the PandaLM grader. What a grader cannot grade is never a score: it ends the run by its name."""
    converse = ("bedrock", "Converse")
    nonsense = Fault.model_validate(
        {"service": "bedrock", "operation": "Converse", "effect": "respond", "message": "Moo."}
    )
    slow = Fault.model_validate({"service": "bedrock", "operation": "Converse", "effect": "delay", "seconds": 1.5})
    passing = {
        "judge down for a while": error(*converse, *FAULT, count=12),
        "judge throttled": error(*converse, "ThrottlingException", 429, count=12),
        "judge slow for a while": slow.model_copy(update={"count": 4, "seconds": 0.5}),
        "judge talks nonsense once": nonsense,
    }
    lasting = {
        "judge down": (error(*converse, "ModelErrorException", 424, **FOR_GOOD), True),
        "judge slower than it may be": (slow.model_copy(update=FOR_GOOD), True),
        "judge denied": (error(*converse, *DENIED, **FOR_GOOD), False),
        "judge talks nonsense": (nonsense.model_copy(update=FOR_GOOD), False),
    }
    blamed = "answers: Judge"  # the class of the error, as the grader gives it
    stopped: dict[str, Any] = {
        "ends": "FAILED",
        "error": "TrainingBreakerTripped",
        "cause": "could not be graded",
        # There is one step only, and a judge judges right answers only.
        "fields": {"breaker": {"error_share": {"steps": 1, "limit": 0.05}}},
    }
    active_job = training("hang", 2)  # so that there is a job to be stopped when its first step is seen
    cases = [Case("SMOKE_TESTING", name, (rule,), task="pandalm") for name, rule in passing.items()]
    cases += [
        Case("TRAINING", name, (rule.model_copy(update=IN_TRAINING),), task="pandalm") for name, rule in passing.items()
    ]
    for name, (rule, own) in lasting.items():
        options: dict[str, Any] = {"task": "pandalm", "own_grader": own}
        cases.append(Case("SMOKE_TESTING", name, (rule,), cause=blamed, **REJECTED, **options))
        in_training = rule.model_copy(update=IN_TRAINING)
        cases.append(Case("TRAINING", name, (in_training, active_job), **stopped, **options))
    return cases
