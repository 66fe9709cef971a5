"""Grades a batch: the whole of the grader contract but for the score itself.

A grader is one function from a sample to weighted components. Here its answers become Bedrock's: one result for
each sample, in order, under its own id, inside the deadline. A sample that cannot be graded gets 0.0 marked as an
error and costs no other sample anything.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Literal

from rft.contracts.grading import GRADER_ERROR, GradeResult, Metric, Sample
from rft.errors import InvalidGraderEvent, JudgeError, OutOfTime, RftError
from rft.observability import logger
from rft.rewards.components import Component, score_of
from rft.rewards.samples import UngradableSample, read_sample, sample_id, sample_run_id

RESERVE_SECONDS = 2.5
"""Kept free of a Lambda's remaining time, to build and send the response."""

MAX_SAMPLES = 8_000
"""A result is up to 700 bytes of JSON, and Lambda's synchronous response holds 6 MB (Lambda quotas)."""

Grader = Callable[[Sample], Sequence[Component]]
OnJudgeError = Literal["zero", "raise"]


@dataclass(frozen=True)
class Deadline:
    """When a batch must be answered, on a clock that never jumps."""

    seconds: float
    monotonic: Callable[[], float] = time.monotonic
    _start: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_start", self.monotonic())

    def remaining(self) -> float:
        """Seconds left; negative once it has passed."""
        return self._start + self.seconds - self.monotonic()


@dataclass(frozen=True)
class Ungraded:
    """A sample without a score, and the error that cost it."""

    error: Exception


Graded = GradeResult | Ungraded


def grade_batch(
    event: object,
    *,
    grader: Grader,
    deadline: Deadline,
    parallelism: int | None = None,
    on_judge_error: OnJudgeError = "zero",
) -> tuple[GradeResult, ...]:
    """One result for each sample, in order.

    `parallelism` is the number of threads for a grader that waits for others; None grades in this thread, for one
    that only computes. A batch that the deadline cuts short is answered all the same: what is missing is an error.
    Raises InvalidGraderEvent for an event that is no batch, and with `on_judge_error` "raise" the first
    JudgeError or OutOfTime.
    """
    started = time.monotonic()
    batch = _batch(event)
    outcomes = (
        _in_this_thread(grader, batch, deadline)
        if parallelism is None
        else _in_threads(grader, batch, deadline, parallelism)
    )
    _log(batch, outcomes, seconds=time.monotonic() - started)
    if on_judge_error == "raise":
        _raise_first_judge_error(outcomes)
    return tuple(
        _answer(raw, position, outcome) for position, (raw, outcome) in enumerate(zip(batch, outcomes, strict=True), 1)
    )


def _batch(event: object) -> list[Any]:
    if not isinstance(event, list):
        raise InvalidGraderEvent(f"a grader takes an array of samples, not {type(event).__name__}")
    if len(event) > MAX_SAMPLES:
        raise InvalidGraderEvent(f"{len(event)} samples in one batch; send at most {MAX_SAMPLES}")
    return event


def _grade(grader: Grader, raw: object) -> Graded:
    try:
        sample = read_sample(raw)
        components = grader(sample)
        metrics = (*(part.metric() for part in components), Metric(name=GRADER_ERROR, value=0, type="Metric"))
        return GradeResult(id=sample.id, aggregate_reward_score=score_of(components), metrics_list=metrics)
    except Exception as error:  # noqa: BLE001  one sample must never cost the others their scores
        return Ungraded(error)


def _in_this_thread(grader: Grader, batch: Sequence[object], deadline: Deadline) -> list[Graded]:
    return [_grade(grader, raw) if deadline.remaining() > 0 else _out_of_time() for raw in batch]


def _in_threads(grader: Grader, batch: Sequence[object], deadline: Deadline, parallelism: int) -> list[Graded]:
    """Threads that hang are left behind: they are daemons, take no further sample, and die with the process."""
    todo: SimpleQueue[tuple[int, object]] = SimpleQueue()
    done: SimpleQueue[tuple[int, Graded]] = SimpleQueue()
    closed = threading.Event()

    def work() -> None:
        while not closed.is_set() and deadline.remaining() > 0:
            try:
                index, raw = todo.get_nowait()
            except Empty:
                return
            done.put((index, _grade(grader, raw)))

    for item in enumerate(batch):
        todo.put(item)
    for _ in range(min(parallelism, len(batch))):
        threading.Thread(target=work, daemon=True, name="grader").start()
    outcomes = _collect(done, len(batch), deadline)
    closed.set()
    return outcomes


def _collect(done: SimpleQueue[tuple[int, Graded]], size: int, deadline: Deadline) -> list[Graded]:
    outcomes: list[Graded] = [_out_of_time()] * size
    for _ in range(size):
        try:
            index, outcome = done.get(timeout=max(0.0, deadline.remaining()))
        except Empty:
            break
        outcomes[index] = outcome
    return outcomes


def _out_of_time() -> Ungraded:
    return Ungraded(OutOfTime("the batch's time was up"))


def _answer(raw: object, position: int, outcome: Graded) -> GradeResult:
    if isinstance(outcome, GradeResult):
        return outcome
    error = Metric(name=GRADER_ERROR, value=1, type="Metric")
    return GradeResult(id=sample_id(raw, position), aggregate_reward_score=0, metrics_list=(error,))


def _raise_first_judge_error(outcomes: Sequence[Graded]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Ungraded) and isinstance(outcome.error, JudgeError | OutOfTime):
            raise outcome.error


def _log(batch: Sequence[object], outcomes: Sequence[Graded], *, seconds: float) -> None:
    """One line a batch. Messages are shown of our own errors only: others may quote what they failed on."""
    scores = [outcome.aggregate_reward_score for outcome in outcomes if isinstance(outcome, GradeResult)]
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, Ungraded)]
    told = [str(error) for error in errors if isinstance(error, RftError | UngradableSample)]
    logger().info(
        "graded",
        extra={
            "run_id": next(filter(None, map(sample_run_id, batch)), None),
            "samples": len(batch),
            "errors": dict(Counter(type(error).__name__ for error in errors)),
            "first_error": told[0] if told else None,
            "mean_score": math.fsum(scores) / len(scores) if scores else None,
            "seconds": round(seconds, 3),
        },
    )
