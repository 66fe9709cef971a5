"""Fault injection: rules that make calls, functions, events or jobs fail, each a given number of times."""

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
"""Number of injected faults kept in the history."""


class Fault(BaseModel):
    """One rule, applied `count` times to calls of `service` and `operation` with a subject that starts with `subject`.

    `service` is the name that requests are signed for (`bedrock`, `lambda`, `s3`, `dynamodb`, `states`, …), or `*`.
    Subjects: for `lambda` the function's name, logical id and ARN; for `bedrock` the job's name and ARN; otherwise the
    first resource that the request names. `contains` is a text that must occur in the call, such as a run's name.
    `after` is an operation that activates the rule: the rule is ignored until a call of it with a matching subject.
    Training is the operation `Train` of `bedrock`: `fail`, `stop` and `hang` apply to it, at `step`. Delivery of an
    event to a target is the operation `Deliver` of `events`; its subjects are target name, source and detail-type.

    | effect | applies to | behaviour |
    |---|---|---|
    | `error` | any call | returns an error with `code`, `status`, `message` and the additional fields of `details` |
    | `response_lost` | any call | performs the call, then returns an error as `error` does |
    | `delay` | any call, `Deliver` | waits `seconds`, or until the rules are cleared, then continues |
    | `crash`, `out_of_memory`, `init_error` | `Invoke` | the function fails without running |
    | `timeout` | `Invoke` | the function times out after `seconds` |
    | `cold_start` | `Invoke` | starts a new process after `seconds` |
    | `fail` | `Train`, `Deploy`, `UpdateDeployment` | the job or deployment is Failed, the update UpdateFailed |
    | `stop` | `Train` | the job is Stopped, as if stopped in the console |
    | `hang` | `Train` | the job stays InProgress forever; with step 0 its training stays NotStarted |
    | `hang` | `Deploy`, `UpdateDeployment` | the deployment stays Creating, the update Updating, forever |
    | `show` | `GetModelCustomizationJob` | returns `message` as the job's status |
    | `skew` | `GetModelCustomizationJob` | returns times shifted by `seconds` (negative: into the past) |
    | `respond` | `Converse` | the model responds with `message` |
    | `error` | `Deliver` | the target rejects an attempt; it is retried if `status` is 429 or 5xx |
    | `drop`, `duplicate` | `Deliver` | the event is lost, or delivered twice |
    """

    model_config = ConfigDict(extra="forbid")

    service: str
    operation: str = "*"
    subject: str = ""
    contains: str = ""
    after: str = ""
    count: int | None = Field(default=1, description="None: unlimited.")
    skip: int = Field(default=0, ge=0, description="Number of matching calls to let through first.")
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
    """The active rules, in order; the first rule that matches a call is applied."""

    def __init__(self, rules: Iterable[Fault] = ()) -> None:
        self._rules = [rule.model_copy() for rule in rules]
        self._injected: deque[Fault] = deque(maxlen=MAX_HISTORY)
        self._lock = threading.Lock()
        self._cleared = threading.Event()
        """Set and replaced by each `clear`, which ends the delays of the cleared rules."""

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._rules.append(fault.model_copy())

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()
            self._cleared.set()
            self._cleared = threading.Event()

    def delay(self, fault: Fault, is_over: Callable[[], bool]) -> None:
        """Wait the fault's `seconds` in real time, or until the rules are cleared or `is_over()` is true."""
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
        """Return the fault to apply to this call and decrement its count; returns None if no rule matches.

        `only` are the effects that the caller supports; `step` is the training step, if any. A rule's `contains` is
        searched for in the subjects and in `body`.
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
        """Return copies of the active rules."""
        with self._lock:
            return [rule.model_copy() for rule in self._rules]

    def injected(self) -> list[Fault]:
        """Return the most recently injected faults, oldest first."""
        with self._lock:
            return list(self._injected)

    def throttle(self, service: str, operation: str = "*", *, count: int | None = 1, subject: str = "") -> None:
        self._refuse("ThrottlingException", 429, service=service, operation=operation, count=count, subject=subject)

    def server_error(self, service: str, operation: str = "*", *, count: int | None = 1, subject: str = "") -> None:
        self._refuse("InternalServerException", 500, service=service, operation=operation, count=count, subject=subject)

    def quota(self, service: str, operation: str = "*", *, count: int | None = 1, subject: str = "") -> None:
        code = "ServiceQuotaExceededException"
        self._refuse(code, 400, service=service, operation=operation, count=count, subject=subject)

    def _refuse(self, code: str, status: int, **which: Any) -> None:
        self.add(Fault(code=code, status=status, message=f"{code} (injected by the emulator)", **which))

    def crash(self, function: str = "", *, count: int | None = 1) -> None:
        """Crash a function's process on its next invocation; `function` is a prefix of its name or logical id."""
        self.add(Fault(service="lambda", operation="Invoke", subject=function, count=count, effect="crash"))

    def time_out(self, function: str = "", *, count: int | None = 1) -> None:
        """Make a function's next invocation time out immediately."""
        self.add(Fault(service="lambda", operation="Invoke", subject=function, count=count, effect="timeout"))

    def _use(self, rule: Fault) -> Fault:
        if rule.count is not None:
            rule.count -= 1
            if rule.count <= 0:
                self._rules.remove(rule)
        self._injected.append(rule)
        return rule
