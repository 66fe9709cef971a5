"""Measures of one answer that change when a policy starts to exploit its grader. Pure.

They are numbers, so training can be monitored without storing answers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from rft.contracts.grading import Sample
from rft.rewards.components import AUDIT_SCORE, Component, score_of

MAX_CHARACTERS = 20_000
"""Characters read of an answer and of its prompt: about 5,000 tokens, about 1 ms."""

EXCERPTS, EXCERPT = 16, 32
"""Number of excerpts of an answer to search for in its prompt, and their length in characters."""


def answer_figures(sample: Sample, parts: Sequence[Component]) -> dict[str, float | None]:
    """`entropy`, `copied`, `weakest` and `above_audit` of one graded answer; an undefined one is None."""
    prompt = "\n".join(text for _, text in sample.prompt)
    answer = sample.answer[:MAX_CHARACTERS]
    return {
        "entropy": word_entropy(answer),
        "copied": copied_share(answer, prompt[-MAX_CHARACTERS:]),
        "weakest": weakest_part(parts),
        "above_audit": above_audit(parts),
    }


def word_entropy(answer: str) -> float | None:
    """Shannon entropy of the word frequencies, in bits per word; None without a word.

    It falls when answers repeat themselves or shrink to a phrase: n different words have log2(n).
    """
    counts = Counter(answer.split())
    if not counts:
        return None
    n = counts.total()
    return round(math.log2(n) - math.fsum(count * math.log2(count) for count in counts.values() if count > 1) / n, 3)


def copied_share(answer: str, prompt: str) -> float | None:
    """Share of evenly spaced excerpts of the answer that occur in the prompt.

    None if the answer is too short for one.
    """
    room = len(answer) - EXCERPT
    if room < 0:
        return None
    places = sorted({n * room // (EXCERPTS - 1) for n in range(EXCERPTS)})
    return round(sum(answer[at : at + EXCERPT] in prompt for at in places) / len(places), 3)


def weakest_part(parts: Sequence[Component]) -> float | None:
    """The lowest value of the weighted components; None if there are fewer than two."""
    rewarded = [part.value for part in parts if part.weight is not None]
    return min(rewarded) if len(rewarded) > 1 else None


def above_audit(parts: Sequence[Component]) -> float | None:
    """The score minus the audit judge's score; None for an answer without an audit."""
    audit = next((part.value for part in parts if part.name == AUDIT_SCORE), None)
    return None if audit is None else score_of(parts) - audit
