"""Faults on demand: rules that make a call, a function, an event or a job go wrong, each a given number of times."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

EffectKind = Literal[
    "error",
    "response_lost",
    "delay",
    "crash",
    "timeout",
    "init_error",
    "out_of_memory",
    "cold_start",
    "fail",
    "stop",
    "hang",
    "show",
    "skew",
    "respond",
    "drop",
    "duplicate",
]

SLICE_SECONDS = 0.5

MAX_HISTORY = 10_000
"""Injected faults that are remembered."""


class Fault(BaseModel):
    """One rule. It strikes calls of `service` and `operation` whose subjects start with `subject`, `count` times.

    `service` is the name that requests are signed for (`bedrock`, `lambda`, `s3`, `dynamodb`, `states`, …), or `*`.
    Subjects: for `lambda` the function's name, logical id and ARN; for `bedrock` the job's name and ARN; otherwise
    what the request names first. `contains` is a text that must stand anywhere in the call, such as a run's name.
    `after` is an operation that the rule waits for: it is in force once such a call, about the same, was made.
    Training itself is the operation `Train` of `bedrock`: `fail`, `stop`, `hang` strike there, at `step`. Handing an
    event to a target is the operation `Deliver` of `events`, with the target's name, the source and the detail-type.

    | effect | strikes | what it does |
    |---|---|---|
    | `error` | any call | answers with `code`, `status`, `message` and the further fields of `details` |
    | `response_lost` | any call | performs the call, then answers as `error` does |
    | `delay` | any call, `Deliver` | waits `seconds`, then continues; at once when the rules are cleared |
    | `crash`, `out_of_memory`, `init_error` | `Invoke` | the function ends without having run |
    | `timeout` | `Invoke` | the function ends as out of time, after `seconds` |
    | `cold_start` | `Invoke` | a new process, `seconds` later |
    | `fail` | `Train`, `Deploy`, `UpdateDeployment` | the job or deployment is Failed, the update UpdateFailed |
    | `stop` | `Train` | the job is Stopped, as from the console |
    | `hang` | `Train` | the job stays InProgress for good; with step 0 its training stays NotStarted |
    | `hang` | `Deploy`, `UpdateDeployment` | the deployment stays Creating for good, the update Updating |
    | `show` | `GetModelCustomizationJob` | shows `message` as the job's status |
    | `skew` | `GetModelCustomizationJob` | shows times by a clock that is `seconds` ahead, or behind if negative |
    | `respond` | `Converse` | the model says `message` |
    | `error` | `Deliver` | the target refuses an attempt: for now if `status` is 429 or 5xx, else for good |
    | `drop`, `duplicate` | `Deliver` | the event never comes, or comes twice |
    """

    model_config = ConfigDict(extra="forbid")

    service: str
    operation: str = "*"
    subject: str = ""
    contains: str = ""
    after: str = ""
    count: int | None = Field(default=1, description="None: for ever.")
    skip: int = Field(default=0, ge=0, description="Matching calls that pass first.")
    effect: EffectKind = "error"
    code: str = "InternalServerException"
    status: int = 500
    message: str = "Injected by the emulator."
    details: dict[str, Any] = {}
    seconds: float = 0.0
    step: int = 1

    def matches(self, service: str, operation: str, subjects: Iterable[str], text: str) -> bool:
        return (
            not self.after
            and self.service in ("*", service)
            and self.operation in ("*", operation)
            and (not self.subject or any(s.startswith(self.subject) for s in subjects))
            and self.mentions(subjects, text)
        )

    def mentions(self, subjects: Iterable[str], text: str) -> bool:
        return self.contains in text or any(self.contains in s for s in subjects)


class Faults:
    """The rules in force, in order; the first that matches strikes."""

    def __init__(self, rules: Iterable[Fault] = ()) -> None:
        self._rules = [rule.model_copy() for rule in rules]
        self._injected: deque[Fault] = deque(maxlen=MAX_HISTORY)
        self._lock = threading.Lock()
        self._cleared = threading.Event()
        """Of the rules in force; each `clear` sets it and puts another one in its place."""

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._rules.append(fault.model_copy())

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()
            self._cleared.set()
            self._cleared = threading.Event()

    def delay(self, fault: Fault, is_over: Callable[[], bool]) -> None:
        """Wait the fault's real seconds, unless the rules are cleared or it is all over meanwhile."""
        cleared, until = self._cleared, time.monotonic() + fault.seconds
        while not is_over() and (rest := until - time.monotonic()) > 0:
            if cleared.wait(min(rest, SLICE_SECONDS)):
                return

    def take(
        self,
        service: str,
        operation: str,
        *subjects: str,
        only: frozenset[str],
        step: int | None = None,
        body: bytes = b"",
    ) -> Fault | None:
        """The fault of this call, its count reduced by one; None: no fault.

        `only` names the kinds of effect that are possible here; `step` is the training step, where there is one; `body`
        is searched for `contains`, in addition to the subjects.
        """
        with self._lock:
            text = body.decode(errors="replace") if any(rule.contains for rule in self._rules) else ""
            for rule in self._rules:
                if rule.after == operation and rule.mentions(subjects, text):
                    rule.after = ""
                    continue
                possible = rule.effect in only and step in (None, rule.step)
                if possible and rule.matches(service, operation, subjects, text):
                    if rule.skip:
                        rule.skip -= 1
                        continue
                    return self._use(rule)
        return None

    def listed(self) -> list[Fault]:
        """The rules still in force."""
        with self._lock:
            return [rule.model_copy() for rule in self._rules]

    def injected(self) -> list[Fault]:
        """What has struck lately, oldest first."""
        with self._lock:
            return list(self._injected)

    def throttle(self, service: str, operation: str = "*", *, count: int | None = 1, subject: str = "") -> None:
        """ThrottlingException, as when a rate limit is passed."""
        self._refuse("ThrottlingException", 429, service=service, operation=operation, count=count, subject=subject)

    def server_error(self, service: str, operation: str = "*", *, count: int | None = 1, subject: str = "") -> None:
        """InternalServerException."""
        self._refuse("InternalServerException", 500, service=service, operation=operation, count=count, subject=subject)

    def quota(self, service: str, operation: str = "*", *, count: int | None = 1, subject: str = "") -> None:
        """ServiceQuotaExceededException, as when too much of a kind is under way."""
        code = "ServiceQuotaExceededException"
        self._refuse(code, 400, service=service, operation=operation, count=count, subject=subject)

    def _refuse(self, code: str, status: int, **which: Any) -> None:
        self.add(Fault(code=code, status=status, message=f"{code} (injected by the emulator)", **which))

    def crash(self, function: str = "", *, count: int | None = 1) -> None:
        """The process of a function (its name or logical id, or the start of it) dies on its next call."""
        self.add(Fault(service="lambda", operation="Invoke", subject=function, count=count, effect="crash"))

    def time_out(self, function: str = "", *, count: int | None = 1) -> None:
        """A function's next call ends as if its time had passed, without the wait."""
        self.add(Fault(service="lambda", operation="Invoke", subject=function, count=count, effect="timeout"))

    def _use(self, rule: Fault) -> Fault:
        if rule.count is not None:
            rule.count -= 1
            if rule.count <= 0:
                self._rules.remove(rule)
        self._injected.append(rule)
        return rule
