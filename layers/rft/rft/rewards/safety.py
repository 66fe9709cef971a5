"""Scores the absence of forbidden patterns in an answer, thinking included."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rft.contracts.graders.rules import SafetyRules
from rft.contracts.grading import Sample
from rft.rewards.components import Component
from rft.rewards.declared import declared
from rft.rewards.patterns import any_found

_WORD = re.compile(r"[^\W_]")


def components(sample: Sample, default: SafetyRules | None = None) -> Sequence[Component]:
    """`safety` is the score; an empty answer scores 0. Raises UngradableSample if the rules are missing or invalid."""
    rules = declared(sample, "safety", SafetyRules, default)
    bad = any_found(rules.forbidden, sample.answer, field="reference_answer.safety.forbidden")
    return (Component("safety", float(not bad and _WORD.search(sample.answer) is not None), 1),)
