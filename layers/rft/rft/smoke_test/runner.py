"""Puts a plan's questions to a grader, in parallel, and stops when there is no use in going on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from rft.errors import RetryableThrottling
from rft.ports import Clock, GraderInvoker
from rft.smoke_test.evidence import broken
from rft.smoke_test.plan import LOAD, PARALLELISM, Ask, Phase, Plan, by_number, numbered
from rft.smoke_test.replies import Scored, score

ASK_WITHIN = timedelta(seconds=540)
"""No batch is sent later than this: with the invoker's 300 s for the last one the step ends inside Lambda's 900 s."""

PROBE_BUDGET = timedelta(seconds=400)
"""How long one function makes calls that grow with the sample, so that those of the load, which follow, are in time."""


@dataclass(frozen=True)
class Reply:
    """What came of one call. No scores: AWS refused it under load. `seconds` is None where it was not answered."""

    scores: tuple[Scored, ...]
    seconds: float | None
    sent: bool = True


@dataclass(frozen=True)
class Answered:
    """What a plan brought in, by the calls' numbers. `left` are calls that there was no time for.

    `stopped` says why no more was asked, where there is no use in it.
    """

    replies: Mapping[int, Reply]
    stopped: str | None = None
    left: tuple[int, ...] = ()

    @property
    def scores(self) -> tuple[Scored, ...]:
        """In the plan's order, whoever asked and when."""
        return tuple(s for _, reply in sorted(self.replies.items()) for s in reply.scores)

    @property
    def invocations(self) -> int:
        """Calls of the grader that were made."""
        return sum(reply.sent for reply in self.replies.values())

    def load(self, plan: Plan) -> tuple[float | None, ...]:
        """Seconds of each batch of the load trial, None for one that was refused."""
        asks = by_number(plan)
        return tuple(r.seconds for number, r in sorted(self.replies.items()) if asks[number].trial == LOAD)


class ProbeRunner:
    """One grader being asked.

    Calls whose number is fixed must be made within ASK_WITHIN, or the grader is too slow. Those that grow with the
    sample are made for as long as `at_once`, and not begun where they are not going to end in it; the rest is left.
    """

    def __init__(self, arn: str, invoker: GraderInvoker, clock: Clock, *, at_once: timedelta = PROBE_BUDGET) -> None:
        self._arn, self._invoker, self._clock = arn, invoker, clock
        self._deadline, self._hand_on_at = clock.now() + ASK_WITHIN, clock.now() + at_once

    def go_on(self, plan: Plan, known: Mapping[int, Reply]) -> Answered:
        """Phase by phase from what is known already.

        Until one breaks the contract, shows that the grader itself reports errors, or leaves something to be asked.
        Raises RetryableThrottling, RetryableServiceError.
        """
        replies = dict(known)
        for phase, asks in numbered(plan):
            if stopped := broken(s for reply in replies.values() for s in reply.scores):
                return Answered(replies, stopped=stopped)
            replies |= self._phase(phase, {number: ask for number, ask in asks.items() if number not in replies})
            if left := tuple(number for number in asks if number not in replies):
                return Answered(replies, left=left)
        return Answered(replies)

    def all(self, asks: Mapping[int, Ask]) -> dict[int, Reply]:
        """Every one of these, without a look at the time. Raises as `go_on`."""
        return _side_by_side(self._ask, asks)

    def _phase(self, phase: Phase, asks: Mapping[int, Ask]) -> dict[int, Reply]:
        if phase.grows:
            return self._sweep(asks)
        return _side_by_side(self._ask_in_time, asks, phase.parallel)

    def _sweep(self, asks: Mapping[int, Ask]) -> dict[int, Reply]:
        """The first calls show how long the others are going to take."""
        began, numbers = self._clock.now(), list(asks)
        first, rest = ({n: asks[n] for n in share} for share in (numbers[:PARALLELISM], numbers[PARALLELISM:]))
        replies = _side_by_side(self._ask_or_leave, first)
        now = self._clock.now()
        if now + (now - began) * math.ceil(len(rest) / PARALLELISM) > self._hand_on_at:
            return replies
        return replies | _side_by_side(self._ask_or_leave, rest)

    def _ask_or_leave(self, ask: Ask) -> Reply | None:
        return None if self._clock.now() >= self._hand_on_at else self._ask(ask)

    def _ask_in_time(self, ask: Ask) -> Reply:
        if self._clock.now() > self._deadline:
            late = f"it was too slow: {ASK_WITHIN.seconds} s were over before it was asked"
            return Reply(tuple(score(ask.batch, None, late, ask.trial)), None, sent=False)
        return self._ask(ask)

    def _ask(self, ask: Ask) -> Reply:
        try:
            reply = self._invoker.invoke(self._arn, ask.event())
        except RetryableThrottling:
            if ask.trial != LOAD:
                raise
            return Reply((), None)  # too little capacity under load is what this trial is to find out
        return Reply(tuple(score(ask.batch, reply.payload, reply.error, ask.trial)), reply.seconds)


def _side_by_side(
    put: Callable[[Ask], Reply | None], asks: Mapping[int, Ask], parallel: int = PARALLELISM
) -> dict[int, Reply]:
    """What `put` gives for each call; those it gives nothing for are left out."""
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        replies = zip(asks, pool.map(put, asks.values()), strict=True)
        return {number: reply for number, reply in replies if reply is not None}
