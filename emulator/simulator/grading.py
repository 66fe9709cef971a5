"""Bedrock's side of the grader: batches of rollouts through the real Lambda, in parallel."""

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
"""AWS's blog on reward functions: three retries, then the job gets an error."""

_RESULTS = TypeAdapter(list[GraderResult])
"""Any finite score: AWS's own template for graders gives -1 to 1."""

Invoke = Callable[[str, bytes], InvokeResult]


class GraderFailed(Exception):
    """The grader gave no usable answer; the message becomes the job's failure message."""


class Grading:
    """Grades rollouts with one grader. Batch size and parallelism are undocumented for Bedrock: options here."""

    def __init__(self, invoke: Invoke, grader_arn: str, *, batch: int, parallelism: int) -> None:
        self._invoke = invoke
        self._grader_arn = grader_arn
        self._batch = batch
        self._pool = ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="grading")
        self._ids = itertools.count(1)

    def grade(self, rollouts: Sequence[SimulatedRollout]) -> list[GraderResult]:
        """One result for each rollout, in order. Raises GraderFailed."""
        samples = [rollout_event(r.row, r.text, id=f"rollout-{next(self._ids)}") for r in rollouts]
        batches = [samples[at : at + self._batch] for at in range(0, len(samples), self._batch)]
        return [result for results in self._pool.map(self._one, batches) for result in results]

    def close(self) -> None:
        """Wait for invocations under way and drop the rest."""
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
    """A grader's response to samples with these ids. Raises GraderFailed."""
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
