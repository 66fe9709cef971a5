"""## Judging graders

Batches of the grader pandalm in which the judge scores every answer, with 300 ms per judge call and 16 parallel calls.
Compared with the ideal (64 samples in four rounds of calls take 1.2 s), and with sequential judge calls, as in
notebooks, measured on 16 of the samples. The throttling storm rejects half of all calls for one second and all calls
for five; its cost is waiting.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from benchmarks.measured import timed
from benchmarks.ratios import Ratio, cost, speedup
from rft.errors import JudgeThrottled
from rft.grading.concurrency_limiter import ConcurrencyLimiter
from rft.grading.judge_client import JudgeClient
from rft.ports.grading import JudgeReply
from rft.rewards.pandalm_rubric import CRITERIA
from rft.steps.graders.grade_pandalm import grade_pandalm

SAMPLES, PARALLELISM, LATENCY = 64, 16, 0.3
IDEAL = SAMPLES / PARALLELISM * LATENCY
ONE_BY_ONE = 16
STORM_SECONDS = 6.0
ALL_TRUE = json.dumps({criterion.name: True for criterion in CRITERIA})


class SlowJudge:
    """Responds after LATENCY; in a storm it throttles as described in the module's docstring."""

    model_id = "slow-judge"

    def __init__(self, *, storm: bool = False) -> None:
        self._storm, self._started = storm, time.monotonic()
        self._lock = threading.Lock()
        self._calls = 0

    def complete(self, *, system: str, user: str, schema: Mapping[str, Any]) -> JudgeReply:  # noqa: ARG002
        """Implements `Judge.complete`."""
        time.sleep(LATENCY)
        with self._lock:
            self._calls += 1
            seconds = time.monotonic() - self._started
            if self._storm and seconds < STORM_SECONDS and (seconds >= 1 or self._calls % 2):
                raise JudgeThrottled("slow down")
        return JudgeReply(ALL_TRUE, "end_turn", input_tokens=len(user) // 4, output_tokens=len(ALL_TRUE) // 4)


def measure() -> list[Ratio]:
    """Measure all cases; the storm has no bound, because its duration determines the result."""
    ours = _graded(SlowJudge(), _batch(SAMPLES), PARALLELISM)
    one_by_one = _graded(SlowJudge(), _batch(ONE_BY_ONE), 1) / ONE_BY_ONE * SAMPLES
    storm = _graded(SlowJudge(storm=True), _batch(SAMPLES), PARALLELISM)
    what = f"{SAMPLES} samples, judge {LATENCY * 1000:.0f} ms, {PARALLELISM} at a time"
    return [
        cost(f"{what}: against the ideal", ours=ours, baseline=IDEAL, bound=1.25),
        speedup(f"{what}: against one by one", ours=ours, baseline=one_by_one, bound=12),
        cost(f"{what}: in a throttling storm of {STORM_SECONDS:.0f} s", ours=storm, baseline=ours),
    ]


def _graded(judge: SlowJudge, batch: list[dict[str, Any]], parallelism: int) -> float:
    known = JudgeClient(judge, limit=ConcurrencyLimiter(parallelism))
    results: list[Any] = []

    def grade() -> None:
        results.extend(grade_pandalm(batch, judges=[known], seconds_left=270, parallelism=parallelism))

    with contextlib.redirect_stdout(io.StringIO()):
        seconds = timed(grade)
    assert all(result.aggregate_reward_score == 1 for result in results)
    return seconds


def _batch(size: int) -> list[dict[str, Any]]:
    answer = "JUDGMENT: Response 1\nREASONING: Response 1 answers the question, Response 2 repeats it."
    messages = [{"role": "user", "content": "Which is better?"}, {"role": "assistant", "content": answer}]
    return [
        {"id": str(n), "messages": messages, "reference_answer": {"label": "Response 1"}, "task_id": f"pandalm-{n}"}
        for n in range(size)
    ]
