"""A judge's yes/no answers to the rubric's questions, which explain its score. Judges return no other text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rft.contracts.run_request import RunRequest
from rft.rewards.pandalm_rubric import CRITERIA


class JudgedCriterion(NamedTuple):
    """`answer`: 1.0 for yes, 0.0 for no; for a panel, the majority's answer."""

    name: str
    question: str
    answer: float


def judged_criteria(rollout: Mapping[str, Any], request: RunRequest) -> list[JudgedCriterion]:
    """Criteria with a known question: those of the request, or of the grader pandalm.

    Empty if no judge was called for the rollout.
    """
    components = rollout["components"]
    if not components.get("judge_called"):
        return []
    questions = _questions(rollout["grader"], request)
    return [JudgedCriterion(name, text, components[name]) for name, text in questions if name in components]


def _questions(grader: str, request: RunRequest) -> Iterator[tuple[str, str]]:
    config = request.grader.config if request.grader else None
    if grader == "pandalm":
        yield from ((criterion.name, criterion.question) for criterion in CRITERIA)
    elif grader == "rubric" and config is not None:
        yield from ((criterion.name, criterion.question) for criterion in config.criteria)
