"""Puts a plan's questions to a grader, in parallel, and stops when there is no use in going on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from rft.errors import RetryableThrottling
from rft.ports import Clock, GraderInvoker
from rft.smoke_test.evidence import broken
from rft.smoke_test.plan import LOAD, Ask, Phase, Plan
from rft.smoke_test.replies import Scored, score

ASK_WITHIN = timedelta(seconds=540)
"""No batch is sent later than this: with the invoker's 300 s for the last one the step ends inside Lambda's 900 s."""


@dataclass(frozen=True)
class Answered:
    """What a plan brought in. `load` has the seconds of each batch of the load trial, None for one that was refused."""

    scores: tuple[Scored, ...]
    load: tuple[float | None, ...]
    invocations: int
    stopped: str | None


@dataclass(frozen=True)
class _Reply:
    scores: list[Scored]
    trial: str
    seconds: float | None
    sent: bool = True


class Asking:
    """One grader being asked."""

    def __init__(self, arn: str, invoker: GraderInvoker, clock: Clock) -> None:
        self._arn, self._invoker, self._clock = arn, invoker, clock
        self._deadline: datetime = clock.now() + ASK_WITHIN

    def everything(self, plan: Plan) -> Answered:
        """Phase by phase, until one breaks the contract or shows that the grader itself reports errors.

        Raises RetryableThrottling, RetryableServiceError.
        """
        replies: list[_Reply] = []
        stopped = None
        for phase in plan:
            if stopped := broken(s for reply in replies for s in reply.scores):
                break
            replies += self._phase(phase)
        return Answered(
            scores=tuple(s for reply in replies for s in reply.scores),
            load=tuple(reply.seconds for reply in replies if reply.trial == LOAD),
            invocations=sum(reply.sent for reply in replies),
            stopped=stopped,
        )

    def _phase(self, phase: Phase) -> list[_Reply]:
        with ThreadPoolExecutor(max_workers=phase.parallel) as pool:
            return list(pool.map(self._ask, phase.asks))

    def _ask(self, ask: Ask) -> _Reply:
        if self._clock.now() > self._deadline:
            late = f"it was too slow: {ASK_WITHIN.seconds} s were over before it was asked"
            return _Reply(score(ask.batch, None, late, ask.trial), ask.trial, None, sent=False)
        try:
            reply = self._invoker.invoke(self._arn, ask.event())
        except RetryableThrottling:
            if ask.trial != LOAD:
                raise
            return _Reply([], ask.trial, None)  # too little capacity under load is what this trial is to find out
        return _Reply(score(ask.batch, reply.payload, reply.error, ask.trial), ask.trial, reply.seconds)
