"""Samples and scores for tests of the FinQA grader."""

from __future__ import annotations

from typing import Any

from rft.contracts.grading import Sample
from rft.rewards.components import score_of
from rft.rewards.finqa import components

PLAIN = "what was the change in net sales?"


def score(answer: str, reference: Any, question: str = PLAIN) -> float:
    return grade(f"Some working.\nANSWER: {answer}", reference, question)


def grade(answer: str, reference: Any, question: str = PLAIN) -> float:
    return score_of(components(Sample(id="1", prompt=(("user", question),), answer=answer, reference=reference)))
