"""Grades rollouts as Bedrock does: in parallel batches, through the real Lambda function."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import TypeAdapter, ValidationError

from emulator.functions.invocation import InvokeResult
from emulator.simulator.policy import SimulatedRollout
from rft.contracts.grading import GraderResult, rollout_event

ATTEMPTS = 4
"""AWS's blog on reward functions: three retries, then the job fails."""

_RESULTS = TypeAdapter(list[GraderResult])
"""Any finite score is accepted; AWS's own grader template returns -1 to 1."""

Invoke = Callable[[str, bytes], InvokeResult]


class GraderFailed(Exception):
    """The grader returned no valid response; the message becomes the job's failure message."""


class Grading:
    """Grades rollouts with one grader. Bedrock does not document batch size and parallelism; here they are options."""

    def __init__(self, invoke: Invoke, grader_arn: str, *, batch: int, parallelism: int) -> None:
        self._invoke = invoke
        self._grader_arn = grader_arn
        self._batch = batch
        self._pool = ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="grading")
        self._ids = itertools.count(1)

    def grade(self, rollouts: Sequence[SimulatedRollout]) -> list[GraderResult]:
        """Return one result per rollout, in order. Raises GraderFailed."""
        samples = [rollout_event(r.row, r.text, id=f"rollout-{next(self._ids)}") for r in rollouts]
        batches = [samples[at : at + self._batch] for at in range(0, len(samples), self._batch)]
        return [result for results in self._pool.map(self._one, batches) for result in results]

    def close(self) -> None:
        """Wait for running invocations and cancel queued ones."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, batch: list[dict[str, Any]]) -> list[GraderResult]:
        problem = ""
        for _ in range(ATTEMPTS):
            reply = self._invoke(self._grader_arn, json.dumps(batch).encode())
            if reply.error is None:
                return read_results(reply.payload, [sample["id"] for sample in batch])
            problem = _error_text(reply.payload)
        raise GraderFailed(f"The reward function failed {ATTEMPTS} times: {problem}")


def read_results(payload: bytes, ids: list[str]) -> list[GraderResult]:
    """Parse a grader's response to samples with these ids. Raises GraderFailed."""
    try:
        results = _RESULTS.validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise GraderFailed(f"The reward function's response is malformed: {first['loc']}: {first['msg']}") from error
    if [result.id for result in results] != ids:
        raise GraderFailed("The reward function's response does not have one result per sample, in order.")
    return results


def _error_text(payload: bytes) -> str:
    try:
        reply = json.loads(payload)
        return f"{reply.get('errorType', '')}: {reply.get('errorMessage', '')}"[:1000]
    except (ValueError, AttributeError):
        return "no message"
