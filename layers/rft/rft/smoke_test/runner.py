"""Sends a plan's batches to a grader in parallel, and stops early if no more can be measured. Takes ports."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from rft.contracts.score_range import UNIT, ScoreBounds
from rft.errors import RetryableThrottling
from rft.ports.grading import GraderInvoker
from rft.ports.storage import Clock
from rft.smoke_test.evidence import stop_reason
from rft.smoke_test.judge_budget import UNLIMITED, JudgeBudget
from rft.smoke_test.part_store import MAX_SENDS
from rft.smoke_test.plan import ALONE, LOAD, LONG, PARALLELISM, Phase, ProbeBatch, SmokeTestPlan
from rft.smoke_test.replies import score
from rft.smoke_test.results import BatchReply, SmokeTestResults
from rft.smoke_test.slow_answers import slow_limits

SEND_WITHIN = timedelta(seconds=540)
"""Latest start of a batch: with the invoker's timeout of 300 s the step ends within Lambda's 900 s."""

LOST = f"AWS failed {MAX_SENDS} times before the grader's reply arrived"

Send = Callable[[int, ProbeBatch], BatchReply | None]

PROBE_BUDGET = timedelta(seconds=400)
"""How long one function sends batches that grow with the sample, so that the load batches after them are in time."""


class SendLog(Protocol):
    """Records batches, so that a retry of a function sends no answered one again: see PartLog."""

    @property
    def replies(self) -> dict[int, BatchReply]: ...

    began: datetime

    def start(self, number: int, next_ones: Sequence[int]) -> bool: ...

    def not_run(self, number: int) -> None: ...

    def answered(self, number: int, reply: BatchReply) -> None: ...


class ProbeRunner:
    """Runs a smoke test against one grader, until a deadline.

    Batches of fixed number must be sent within SEND_WITHIN, or the grader is too slow. Batches that grow with the
    sample are sent within `budget`, and not started if they would exceed it; the rest is pending.
    """

    def __init__(
        self,
        arn: str,
        invoker: GraderInvoker,
        clock: Clock,
        log: SendLog,
        *,
        budget: timedelta = PROBE_BUDGET,
        bounds: ScoreBounds = UNIT,
        judge_budget: JudgeBudget = UNLIMITED,
    ) -> None:
        self._arn, self._invoker, self._clock, self._log, self._bounds = arn, invoker, clock, log, bounds
        self._judge_budget = judge_budget
        self._deadline, self._hand_off_at = clock.now() + SEND_WITHIN, clock.now() + budget

    def resume(
        self, plan: SmokeTestPlan, known: SmokeTestResults, undecided: Callable[[SmokeTestResults], bool]
    ) -> SmokeTestResults:
        """Runs phase by phase from the known results; extensions of the sample while it is `undecided`.

        Stops if a batch breaks the contract, the grader reports errors, or batches are pending. Raises
        RetryableThrottling, RetryableServiceError.
        """
        results = known
        for phase in plan.phases:
            if reason := stop_reason(results.scores):
                return replace(results, stop_reason=reason)
            if phase.extends and not phase.batches.keys() & results.replies.keys() and not undecided(results):
                continue
            results = self._run_phase(phase, results, slow_limits(results.seconds(plan, ALONE).values())[1])
            if results.pending:
                return results
        return results

    def run_all(self, batches: Mapping[int, ProbeBatch]) -> SmokeTestResults:
        """Sends all batches that the log does not have, without a time limit. Raises the same errors as `resume`."""
        known = self._log.replies
        pending = {number: batch for number, batch in batches.items() if number not in known}
        return SmokeTestResults(self._log.began, known | self._parallel(self._send, pending))

    def _run_phase(self, phase: Phase, results: SmokeTestResults, slow: float) -> SmokeTestResults:
        batches = {number: batch for number, batch in phase.batches.items() if number not in results.replies}
        if excess := self._judge_budget.excess(results, batches.values()):
            return _over_budget(results, {} if phase.extends else batches, excess)
        if phase.grows:
            new = self._run_within_budget(batches)
        else:
            twice = not self._judge_budget.excess(results, [*batches.values()] * 2)
            send = partial(self._send_before_deadline, slow=slow if twice else math.inf)
            new = self._parallel(send, batches, phase.parallel)
        pending = tuple(number for number in batches if number not in new)
        return replace(results, replies={**results.replies, **new}, pending=pending)

    def _run_within_budget(self, batches: Mapping[int, ProbeBatch]) -> dict[int, BatchReply]:
        """The first batches determine the expected duration of the rest."""
        began, numbers = self._clock.now(), list(batches)
        first, rest = ({n: batches[n] for n in share} for share in (numbers[:PARALLELISM], numbers[PARALLELISM:]))
        replies = self._parallel(self._send_within_budget, first)
        now = self._clock.now()
        if now + (now - began) * math.ceil(len(rest) / PARALLELISM) > self._hand_off_at:
            return replies
        return replies | self._parallel(self._send_within_budget, rest)

    def _send_within_budget(self, number: int, batch: ProbeBatch) -> BatchReply | None:
        return None if self._clock.now() >= self._hand_off_at else self._send(number, batch)

    def _send_before_deadline(self, number: int, batch: ProbeBatch, *, slow: float) -> BatchReply:
        """`slow`: seconds above which a long answer is sent a second time."""
        if self._clock.now() > self._deadline:
            return _unsent(batch, f"the grader was too slow: not sent within {SEND_WITHIN.seconds} s")
        reply = self._send(number, batch)
        seems_slow = batch.trial == LONG and reply.seconds is not None and reply.seconds > slow
        return self._sent_again(batch, reply) if seems_slow and self._clock.now() <= self._deadline else reply

    def _sent_again(self, batch: ProbeBatch, reply: BatchReply) -> BatchReply:
        """The reply with the shorter duration of two calls, and the judge calls of both."""
        # a cold start or a throttled judge delays one call, the text delays both; the appended character keeps caches
        # of grader and judge from replying
        probes = tuple(replace(probe, answer=f"{probe.answer}!") for probe in batch.probes)
        try:
            again = self._invoker.invoke(self._arn, replace(batch, probes=probes).event())
        except RetryableThrottling:
            return reply
        if again.failure is not None or reply.seconds is None:
            return reply  # a call that failed says nothing of its duration
        scores = score(probes, again.payload, None, batch.trial, self._bounds)
        judged = (_added(first.judge, second.judge) for first, second in zip(reply.scores, scores, strict=True))
        both = tuple(replace(first, judge=judge) for first, judge in zip(reply.scores, judged, strict=True))
        return replace(reply, scores=both, seconds=min(reply.seconds, again.seconds))

    def _send(self, number: int, batch: ProbeBatch) -> BatchReply:
        try:
            reply = self._invoker.invoke(self._arn, batch.event())
        except RetryableThrottling:
            self._log.not_run(number)
            if batch.trial != LOAD:
                raise
            return BatchReply((), None)  # refused under load: a measurement of this trial, not an error
        scores = score(batch.probes, reply.payload, reply.failure, batch.trial, self._bounds)
        return BatchReply(tuple(scores), reply.seconds)

    def _parallel(
        self, send: Send, batches: Mapping[int, ProbeBatch], parallel: int = PARALLELISM
    ) -> dict[int, BatchReply]:
        """The results of `send` for the batches, without None."""
        numbers = list(batches)

        def logged(at: int, number: int) -> BatchReply | None:
            batch = batches[number]
            may_send = self._log.start(number, numbers[at + 1 : at + parallel])
            reply = send(number, batch) if may_send else _unsent(batch, LOST)
            if reply is not None and (reply.sent or not may_send):
                self._log.answered(number, reply)
            else:
                self._log.not_run(number)
            return reply

        with ThreadPoolExecutor(max_workers=parallel) as pool:
            replies = zip(numbers, pool.map(logged, range(len(numbers)), numbers), strict=True)
            return {number: reply for number, reply in replies if reply is not None}


def _over_budget(results: SmokeTestResults, unsent: Mapping[int, ProbeBatch], excess: str) -> SmokeTestResults:
    new = {number: _unsent(batch, excess) for number, batch in unsent.items()}
    return replace(results, replies={**results.replies, **new}, over_budget=results.over_budget or excess)


def _unsent(batch: ProbeBatch, reason: str) -> BatchReply:
    return BatchReply(tuple(score(batch.probes, None, reason, batch.trial)), None, sent=False)


def _added(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    return {name: first.get(name, 0.0) + second.get(name, 0.0) for name in {**first, **second}}
