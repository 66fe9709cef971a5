"""Scores what must not stand in an answer, thinking included: a list of patterns, none of them found."""

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
    """`safety` is the score; silence earns nothing. Raises UngradableSample without rules that can be used."""
    rules = declared(sample, "safety", SafetyRules, default)
    bad = any_found(rules.forbidden, sample.answer, field="reference_answer.safety.forbidden")
    return (Component("safety", float(not bad and _WORD.search(sample.answer) is not None), 1),)
