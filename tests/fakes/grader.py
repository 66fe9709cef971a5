"""Grader Lambdas in memory: Python callables behind the same JSON as the real ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rft.errors import RftError
from rft.ports import GraderReply
from rft.smoke_test.replies import NotJson, decode

Grade = Callable[[list[dict[str, Any]]], Any]


class TimedOut(Exception):
    """Raised by a callable that stands for a grader that Lambda cuts off."""


class CallableGrader:
    """A GraderInvoker that runs `grade`. What it raises becomes a reply's error, but for our own errors: those are
    AWS's faults and pass through."""

    def __init__(self, grade: Grade) -> None:
        self._grade = grade
        self._lock = threading.Lock()
        self.batches: list[list[dict[str, Any]]] = []
        self.arns: set[str] = set()

    def invoke(self, grader_arn: str, batch: Sequence[Mapping[str, Any]]) -> GraderReply:
        event = json.loads(json.dumps(batch))
        with self._lock:
            self.arns.add(grader_arn)
            self.batches.append(event)
        try:
            return GraderReply(payload=decode(json.dumps(self._grade(event)).encode()), error=None, seconds=0.0)
        except RftError:
            raise
        except NotJson as error:
            return GraderReply(payload=None, error=f"its reply {error}", seconds=0.0)
        except TimedOut:
            return GraderReply(payload=None, error="it failed with Sandbox.Timedout: Task timed out", seconds=0.0)
        except Exception as error:  # noqa: BLE001 - whatever a grader raises, Lambda reports by name
            return GraderReply(payload=None, error=f"it failed with {type(error).__name__}: {error}", seconds=0.0)


def result(sample: Mapping[str, Any], score: float, **metrics: float) -> dict[str, Any]:
    """One result in Bedrock's shape."""
    parts = [{"name": name, "value": value, "type": "Metric"} for name, value in metrics.items()]
    return {"id": sample["id"], "aggregate_reward_score": score, "metrics_list": parts}


def answer_of(sample: Mapping[str, Any]) -> str:
    """The rollout's text."""
    return str(sample["messages"][-1]["content"])


def honest(batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Scores PandaLM answers by the label: 1 for the right verdict, 0.1 for another one, 0 for none."""
    return [result(sample, _worth(sample)) for sample in batch]


def _worth(sample: Mapping[str, Any]) -> float:
    first = answer_of(sample).splitlines()[0] if answer_of(sample) else ""
    if first == f"JUDGMENT: {sample['reference_answer']['label']}":
        return 1.0
    return 0.1 if first.removeprefix("JUDGMENT: ") in {"Response 1", "Response 2", "Tie"} else 0.0
