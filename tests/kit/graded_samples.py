"""Samples and scores for tests of graders' batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rft.contracts.grading import GradeResult, Sample
from rft.grading.batch import Deadline
from rft.rewards.components import Component

AN_HOUR = Deadline(3600)


def sample(identity: object, answer: object = "yes", **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}]
    return {"id": identity, "messages": messages, "reference_answer": "yes", **more}


def exact(graded: Sample) -> Sequence[Component]:
    return [Component("exact", float(graded.answer == graded.reference), 1)]


def scores(results: Sequence[GradeResult]) -> list[tuple[str, float, bool]]:
    return [(result.id, result.aggregate_reward_score, result.errored) for result in results]
