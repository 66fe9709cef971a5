"""One row of the fault matrix, and what goes wrong in words.

A case's rules match calls about its own run alone, so that many runs can be active at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from emulator.faults import Fault

PIPELINE = ("PENDING", "PREPARING", "SMOKE_TESTING", "STARTING", "TRAINING")
NEVER = "no run"
"""How a case ends whose upload has no event."""

SHORT = 0.0003
"""Hours that a job which hangs is given: about a second."""


@dataclass(frozen=True)
class Case:
    """One row. `last` is the stage that the run must have been in when it ended, `error` a part of its failure's name.

    `cause` is a part of what it says, `jobs` how many jobs may ever have been made for it. `task` is what is trained;
    `own_grader` gives the run a PandaLM grader of its own, with seconds for a batch: a judge that is away is away for
    all who share it.
    """

    stage: str
    fault: str
    rules: tuple[Fault, ...]
    ends: str = "COMPLETED"
    last: str = "TRAINING"
    error: str = ""
    jobs: int = 1
    cause: str = ""
    upload: bool = False
    task: str = "gsm8k"
    own_grader: bool = False
    fields: dict[str, Any] = field(default_factory=dict)


def error(service: str, operation: str, code: str, status: int, **more: Any) -> Fault:
    return Fault(service=service, operation=operation, code=code, status=status, **more)


def function(name: str, effect: str, **more: Any) -> Fault:
    return Fault.model_validate({"service": "lambda", "operation": "Invoke", "subject": name, "effect": effect, **more})


def training(effect: str, step: int) -> Fault:
    return Fault.model_validate({"service": "bedrock", "operation": "Train", "effect": effect, "step": step})


def event(effect: str, target: str, **more: Any) -> Fault:
    """`target` is a part of the target's name."""
    return Fault.model_validate(
        {"service": "events", "operation": "Deliver", "subject": target, "effect": effect, **more}
    )


def refused(function_name: str, code: str, status: int) -> Fault:
    return error("lambda", "Invoke", code, status, subject=function_name)


CONFLICT = {"CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]}
WRITE = ("dynamodb", "TransactWriteItems")
CREATE = ("bedrock", "CreateModelCustomizationJob")
GET = ("bedrock", "GetModelCustomizationJob")
STOP = ("bedrock", "StopModelCustomizationJob")
THROUGHPUT = ("ProvisionedThroughputExceededException", 400)
FAULT = ("InternalServerException", 500)
"""Which clients try again by themselves."""

OUTAGE = ("InternalServerException", 520)
"""Which clients do not try again: waiting is left to the state machine."""

DENIED = ("AccessDeniedException", 403)
GRADER = "GradeGsm8k"
IN_TRAINING: dict[str, Any] = {"after": "CreateModelCustomizationJob"}
FOR_GOOD: dict[str, Any] = {"count": None}
