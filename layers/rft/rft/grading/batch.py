"""Grades a batch: everything in the grader contract except the score itself. Pure.

A grader is one function from a sample to weighted components. This module builds Bedrock's results from them: one
result per sample, in order, under its id, within the deadline. A sample that cannot be graded gets 0.0 marked as an
error and does not affect the others.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Literal

from rft.contracts.grading import GRADER_ERROR, GradeResult, Sample
from rft.errors import DeadlineExceeded, InvalidGraderEvent, JudgeError, RftError, SampleLimitExceeded
from rft.grading.error_reason import error_reason
from rft.observability import logger
from rft.rewards.components import Component, score_of
from rft.rewards.sample_limits import SampleLimits, fair_seconds
from rft.rewards.samples import UngradableSample, read_sample, sample_id, sample_run_id

TELEMETRY_SECONDS = 2.0
"""Maximum delay of the response for writing telemetry."""

RESERVE_SECONDS = TELEMETRY_SECONDS + 2.5
"""Part of a Lambda's remaining time reserved for telemetry and for serializing and sending the response."""

MAX_SAMPLES = 5_000
"""A result takes up to 1,200 bytes of JSON, and a synchronous Lambda response holds 6 MB (Lambda quotas)."""

Grader = Callable[[Sample], Iterable[Component]]
"""A grader may yield its components one by one, so that telemetry gets those before a failure."""

OnJudgeError = Literal["zero", "raise"]

NO_ERROR, ERROR = Component(GRADER_ERROR, 0), Component(GRADER_ERROR, 1)


@dataclass(frozen=True)
class Deadline:
    """The time limit of a batch, on a monotonic clock."""

    seconds: float
    monotonic: Callable[[], float] = time.monotonic
    _start: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_start", self.monotonic())

    def remaining(self) -> float:
        """Remaining seconds; negative after the deadline."""
        return self._start + self.seconds - self.monotonic()


@dataclass(frozen=True, slots=True)
class GradedSample:
    """The result that is sent for a sample, and details for telemetry.

    If `error` is set, the result is a marked 0.0. `sample` is None if it could not be parsed or the time was up.
    """

    result: GradeResult
    components: Sequence[Component] = ()
    sample: Sample | None = None
    error: BaseException | None = None
    seconds: float = 0.0


Telemetry = Callable[[Sequence[object], Sequence[GradedSample]], None]
"""Takes a raw batch and its outcomes. Must not raise, nor take longer than TELEMETRY_SECONDS."""


def grade_batch(
    event: object,
    *,
    grader: Grader,
    deadline: Deadline,
    parallelism: int | None = None,
    on_judge_error: OnJudgeError = "zero",
    telemetry: Telemetry | None = None,
) -> tuple[GradeResult, ...]:
    """One result for each sample, in order.

    `deadline` reserves RESERVE_SECONDS of the caller's time. `parallelism` is the number of threads for a grader that
    waits on I/O; None grades in the calling thread, for one that only computes. At the deadline, samples without a
    result get errors. Raises InvalidGraderEvent if the event is not a batch, and with `on_judge_error` "raise" the
    first JudgeError or DeadlineExceeded.
    """
    started = time.monotonic()
    batch = _batch(event)
    outcomes = (
        _in_this_thread(grader, batch, deadline)
        if parallelism is None
        else _in_threads(grader, batch, deadline, parallelism)
    )
    _log(batch, outcomes, seconds=time.monotonic() - started)
    if telemetry:
        telemetry(batch, outcomes)
    if on_judge_error == "raise":
        _raise_first_judge_error(outcomes)
    return tuple(outcome.result for outcome in outcomes)


def _batch(event: object) -> list[Any]:
    if not isinstance(event, list):
        raise InvalidGraderEvent(f"a grader takes an array of samples, not {type(event).__name__}")
    if len(event) > MAX_SAMPLES:
        raise InvalidGraderEvent(f"{len(event)} samples in one batch; send at most {MAX_SAMPLES}")
    return event


def _grade(grader: Grader, raw: object, position: int) -> GradedSample:
    started = time.perf_counter()
    sample, parts = None, list[Component]()
    try:
        sample = read_sample(raw)
        for part in grader(sample):
            parts.append(part)  # one by one, so that telemetry gets those before a failure
        result = _result(sample.id, score_of(parts), [*parts, NO_ERROR])
        return GradedSample(result, parts, sample, seconds=time.perf_counter() - started)
    except (Exception, SystemExit) as error:  # noqa: BLE001 one sample must never cost the others their scores
        error.__traceback__ = None  # its frames reference everything in scope, too much after a MemoryError
        result = _result(sample_id(raw, position), 0, [ERROR], error)
        return GradedSample(result, parts, sample, error, time.perf_counter() - started)


def _result(identity: str, score: float, parts: Iterable[Component], error: BaseException | None = None) -> GradeResult:
    metrics = tuple(part.metric for part in parts)
    reason = None if error is None else error_reason(error)
    return GradeResult(id=identity, aggregate_reward_score=score, metrics_list=metrics, error=reason)


def _failed(raw: object, position: int, error: RftError) -> GradedSample:
    return GradedSample(_result(sample_id(raw, position), 0, [ERROR], error), error=error)


def _in_this_thread(grader: Grader, batch: Sequence[object], deadline: Deadline) -> list[GradedSample]:
    """Grades sequentially; each sample has its own limits."""
    with SampleLimits.of_a_batch() as limits:

        def limited(raw: object, position: int) -> GradedSample:
            if (remaining := deadline.remaining()) <= 0:
                return _failed(raw, position, DeadlineExceeded("the batch's time was up"))
            try:
                return limits.run(fair_seconds(remaining, len(batch) - position + 1), _grade, grader, raw, position)
            except SampleLimitExceeded as error:
                return _failed(raw, position, error)

        return [limited(raw, position) for position, raw in enumerate(batch, 1)]


def _in_threads(grader: Grader, batch: Sequence[object], deadline: Deadline, parallelism: int) -> list[GradedSample]:
    todo: SimpleQueue[tuple[int, object]] = SimpleQueue()
    done: SimpleQueue[tuple[int, GradedSample]] = SimpleQueue()
    closed = threading.Event()

    def work() -> None:
        while not closed.is_set() and deadline.remaining() > 0:
            try:
                position, raw = todo.get_nowait()
            except Empty:
                return
            done.put((position, _grade(grader, raw, position)))

    for item in enumerate(batch, 1):
        todo.put(item)
    for _ in range(min(parallelism, len(batch))):
        # Daemons: threads that hang are abandoned, take no further sample and end with the process.
        threading.Thread(target=work, daemon=True, name="grader").start()
    graded = _collect(done, len(batch), deadline)
    closed.set()
    late = DeadlineExceeded("the batch's time was up")
    return [graded.get(position) or _failed(raw, position, late) for position, raw in enumerate(batch, 1)]


def _collect(done: SimpleQueue[tuple[int, GradedSample]], size: int, deadline: Deadline) -> dict[int, GradedSample]:
    """The samples graded before the deadline, by position."""
    graded: dict[int, GradedSample] = {}
    while len(graded) < size:
        try:
            position, outcome = done.get(timeout=max(0.0, deadline.remaining()))
        except Empty:
            break
        graded[position] = outcome
    return graded


def _raise_first_judge_error(outcomes: Sequence[GradedSample]) -> None:
    for outcome in outcomes:
        if isinstance(outcome.error, JudgeError | DeadlineExceeded):
            raise outcome.error


def _log(batch: Sequence[object], outcomes: Sequence[GradedSample], *, seconds: float) -> None:
    scores = [outcome.result.aggregate_reward_score for outcome in outcomes if outcome.error is None]
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    # Only messages of this project's errors: others may quote their input.
    reasons = [str(error) for error in errors if isinstance(error, RftError | UngradableSample)]
    logger().info(
        "graded",
        extra={
            "run_id": next(filter(None, map(sample_run_id, batch)), None),
            "samples": len(batch),
            "errors": dict(Counter(type(error).__name__ for error in errors)),
            "first_error": reasons[0] if reasons else None,
            "mean_score": math.fsum(scores) / len(scores) if scores else None,
            "seconds": round(seconds, 3),
        },
    )
