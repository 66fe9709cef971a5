"""Grader functions in memory: Python callables with the same JSON interface as the Lambda functions."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rft.errors import RftError
from rft.ports.grading import GraderReply, GraderVersion
from rft.rewards.samples import read_sample
from rft.smoke_test.replies import NotJson, decode_payload

Grade = Callable[[list[dict[str, Any]]], Any]


TIMEOUT = "Sandbox.Timedout: RequestId: 1 Error: Task timed out after 3.00 seconds"


class TimedOut(Exception):
    """Raised by a callable to simulate a Lambda timeout."""


class CallableGrader:
    """A GraderInvoker that runs `grade`. Exceptions become error replies, except our own errors, which simulate AWS
    faults and are re-raised."""

    def __init__(self, grade: Grade, *, seconds: float = 0.0, timeout: float | None = 300) -> None:
        """`seconds` is the reported duration of each batch."""
        self._grade, self._seconds, self._timeout = grade, seconds, timeout
        self._lock = threading.Lock()
        self.batches: list[list[dict[str, Any]]] = []
        self.arns: set[str] = set()
        self.published: list[str] = []

    def invoke(self, grader_arn: str, batch: Sequence[Mapping[str, Any]]) -> GraderReply:
        event = json.loads(json.dumps(batch))
        with self._lock:
            self.arns.add(grader_arn)
            self.batches.append(event)
        try:
            return GraderReply(
                payload=decode_payload(json.dumps(self._grade(event)).encode()), error=None, seconds=self._seconds
            )
        except RftError:
            raise
        except NotJson as error:
            return GraderReply(payload=None, error=f"its reply {error}", seconds=0.0)
        except TimedOut:
            return GraderReply(payload=None, error="it failed with", seconds=0.0, exception=TIMEOUT)
        except Exception as error:  # noqa: BLE001 - whatever a grader raises, Lambda reports by name
            exception = f"{type(error).__name__}: {error}"
            return GraderReply(payload=None, error="it failed with", seconds=0.0, exception=exception)

    def resolve(self, grader_arn: str, *, publish: bool) -> GraderVersion:
        self.published += [grader_arn] if publish else []
        return GraderVersion(f"{grader_arn}:7" if publish else grader_arn, "c29tZSBkaWdlc3Q=")

    def timeout_seconds(self, grader_arn: str) -> float | None:
        return self._timeout


def result(sample: Mapping[str, Any], score: float, **metrics: float) -> dict[str, Any]:
    """Return one result in Bedrock's format."""
    parts = [{"name": name, "value": value, "type": "Metric"} for name, value in metrics.items()]
    return {"id": sample["id"], "aggregate_reward_score": score, "metrics_list": parts}


def answer_of(sample: Mapping[str, Any]) -> str:
    """Return the rollout's text from any payload shape."""
    return read_sample(sample).answer


def label_of(sample: Mapping[str, Any]) -> str:
    """Return the right verdict from any payload shape."""
    reference = read_sample(sample).reference
    return str(reference["label"]) if isinstance(reference, dict) else str(reference)


def honest(batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Score PandaLM answers by the label: 1 for the right verdict, 0.1 for a wrong one, 0 for none."""
    return [result(sample, _score(sample)) for sample in batch]


def _score(raw: Mapping[str, Any]) -> float:
    sample = read_sample(raw)
    first = sample.answer.splitlines()[0] if sample.answer else ""
    if first == f"JUDGMENT: {label_of(raw)}":
        return 1.0
    return 0.1 if first.removeprefix("JUDGMENT: ") in {"Response 1", "Response 2", "Tie"} else 0.0
