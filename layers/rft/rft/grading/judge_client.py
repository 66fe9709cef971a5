"""Calls a judge until its reply is valid or the time is up. Takes ports."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

from rft.errors import JudgeError, JudgeReplyInvalid, JudgeThrottled, JudgeUnavailable
from rft.grading.batch import Deadline
from rft.grading.circuit_breaker import CircuitBreaker
from rft.grading.concurrency_limiter import ConcurrencyLimiter
from rft.ports.grading import Judge, JudgeCache, JudgeReply
from rft.rewards.components import Component

FIRST_PAUSE_SECONDS = 0.25
MAX_PAUSE_SECONDS = 4.0

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Question(Generic[Answer]):
    """One request to a judge about one answer.

    `user` renders the request; its argument is '' at first, then the validation error of the first reply. `read` parses
    the reply, or raises JudgeReplyInvalid. `parts` and `prompt` (the digest of the rest) form the cache key; `fresh`
    bypasses the cache.
    """

    system: str
    user: Callable[[str], str]
    read: Callable[[str], Answer]
    schema: Mapping[str, Any]
    parts: Mapping[str, str]
    prompt: str
    fresh: bool = False

    def key(self, model_id: str) -> str:
        return hashlib.sha256(json.dumps([model_id, self.prompt, dict(self.parts)]).encode()).hexdigest()


@dataclass
class Usage:
    """The cost of judging one answer so far; names as in JudgeUse."""

    calls: int = 0
    retries: int = 0
    throttled: int = 0
    cache_hits: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    def components(self) -> Iterator[Component]:
        """All counters above zero, as components without weight."""
        counted = ((f.name, getattr(self, f.name)) for f in fields(self))
        return (Component(f"judge_{name}", float(count)) for name, count in counted if count)


USED = frozenset(f"judge_{counter.name}" for counter in fields(Usage))
"""Names of the components of `Usage`."""


@dataclass(frozen=True)
class JudgeClient:
    """A judge with its concurrency limit and circuit breaker; one per container."""

    judge: Judge
    limit: ConcurrencyLimiter = field(default_factory=lambda: ConcurrencyLimiter(128))
    circuit: CircuitBreaker = field(default_factory=CircuitBreaker)
    cache: JudgeCache | None = None

    def call(self, *, system: str, user: str, schema: Mapping[str, Any], seconds: float) -> JudgeReply:
        """Makes one call after max `seconds` in the queue. Raises JudgeCircuitOpen, and the errors of `Judge.ask`."""
        with self.limit.slot(seconds) as turn:
            self.circuit.check()
            try:
                reply = self.judge.complete(system=system, user=user, schema=schema)
            except JudgeThrottled:
                self.limit.throttled(turn)
                self.circuit.answered()
                raise
            except JudgeUnavailable:
                self.circuit.failed()
                raise
            except JudgeError:
                self.circuit.answered()
                raise
        self.limit.answered()
        self.circuit.answered()
        return reply


@dataclass(frozen=True)
class RetryingJudge:
    """A judge with a batch's deadline. Retries throttling and faults, and an invalid reply once."""

    known: JudgeClient
    deadline: Deadline
    sleep: Callable[[float], None] = time.sleep

    def complete(self, question: Question[Answer], usage: Usage) -> Answer:
        """The judge's reply, parsed by the question. Adds its cost to `usage`, also on failure.

        Raises JudgeUnavailable (no reply before the deadline), JudgeCircuitOpen (repeated failures), JudgeReplyInvalid
        (after the retry), JudgeRefused (without retry).
        """
        cache, key = self.known.cache, question.key(self.known.judge.model_id)
        if cache is None or question.fresh:
            return self._complete(question, usage)[0]
        remembered = _remembered(cache.get(key), question)
        if remembered:
            usage.cache_hits += 1
            return remembered[0]
        answer, text = self._complete(question, usage)
        cache.put(key, text)
        return answer

    def _complete(self, question: Question[Answer], usage: Usage) -> tuple[Answer, str]:
        feedback, failures = "", 0
        while True:
            try:
                text = self._call(question, feedback, usage)
                return question.read(text), text
            except JudgeReplyInvalid as error:
                if feedback:
                    raise
                feedback = str(error)
            except JudgeUnavailable:
                pause = _pause(failures)
                if pause >= self.deadline.remaining():
                    raise
                self.sleep(pause)
                failures += 1
            usage.retries += 1

    def _call(self, question: Question[Answer], feedback: str, usage: Usage) -> str:
        seconds = self.deadline.remaining()
        if seconds <= 0:
            raise JudgeUnavailable("no time left for a call")
        usage.calls += 1
        try:
            reply = self.known.call(
                system=question.system, user=question.user(feedback), schema=question.schema, seconds=seconds
            )
        except JudgeThrottled:
            usage.throttled += 1
            raise
        usage.input_tokens += reply.input_tokens
        usage.output_tokens += reply.output_tokens
        usage.cached_tokens += reply.cached_tokens
        return reply.text


def _remembered(text: str | None, question: Question[Answer]) -> tuple[Answer] | None:
    """A cached reply, parsed; None on a miss or if it is invalid."""
    try:
        return None if text is None else (question.read(text),)
    except JudgeReplyInvalid:
        return None


def _pause(failures: int) -> float:
    # Jitter of up to 50 %, so that calls throttled together do not retry together.
    longest = min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10), MAX_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1)  # noqa: S311 jitter needs no secure randomness
