"""Samples and scores for tests of the GSM8K grader."""

from __future__ import annotations

from typing import Any

from rft.contracts.grading import Sample
from rft.rewards.components import score_of
from rft.rewards.gsm8k import components

REFERENCE = {"answer": "72"}


def score(answer: str, reference: Any = REFERENCE, *, question: str = "How many clips are there?") -> float:
    sample = Sample(
        id="1", prompt=(("system", "50 % is a percent"), ("user", question)), answer=answer, reference=reference
    )
    return score_of(components(sample))
