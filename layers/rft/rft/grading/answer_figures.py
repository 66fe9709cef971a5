"""Figures of one answer that turn when a policy begins to exploit its grader. Pure.

They are numbers, so that a course of training can be watched where no answer is stored.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from rft.contracts.grading import Sample
from rft.rewards.components import AUDIT_SCORE, Component, score_of

MAX_CHARACTERS = 20_000
"""Read of an answer, and of its prompt: about 5,000 tokens, which bounds the time to a millisecond."""

EXCERPTS, EXCERPT = 16, 32
"""Places of an answer that are looked for in its prompt, and how many characters of each."""


def answer_figures(sample: Sample, parts: Sequence[Component]) -> dict[str, float | None]:
    """`entropy`, `copied`, `weakest` and `above_audit` of one graded answer; None where it has none."""
    prompt = "\n".join(text for _, text in sample.prompt)
    answer = sample.answer[:MAX_CHARACTERS]
    return {
        "entropy": word_entropy(answer),
        "copied": copied_share(answer, prompt[-MAX_CHARACTERS:]),
        "weakest": weakest_part(parts),
        "above_audit": above_audit(parts),
    }


def word_entropy(answer: str) -> float | None:
    """Shannon's entropy of the words' frequencies, in bits per word; None without a word.

    It falls where answers repeat themselves, and where they shrink to a phrase: n different words have log2(n).
    """
    counts = Counter(answer.split())
    if not counts:
        return None
    n = counts.total()
    return round(math.log2(n) - math.fsum(count * math.log2(count) for count in counts.values() if count > 1) / n, 3)


def copied_share(answer: str, prompt: str) -> float | None:
    """Share of evenly spaced excerpts that occur in the prompt; None for an answer shorter than one excerpt."""
    room = len(answer) - EXCERPT
    if room < 0:
        return None
    places = sorted({n * room // (EXCERPTS - 1) for n in range(EXCERPTS)})
    return round(sum(answer[at : at + EXCERPT] in prompt for at in places) / len(places), 3)


def weakest_part(parts: Sequence[Component]) -> float | None:
    """The lowest value of the rewarded parts; None for fewer than two."""
    rewarded = [part.value for part in parts if part.weight is not None]
    return min(rewarded) if len(rewarded) > 1 else None


def above_audit(parts: Sequence[Component]) -> float | None:
    """The score minus the audit judge's; None for an answer that was not audited."""
    audit = next((part.value for part in parts if part.name == AUDIT_SCORE), None)
    return None if audit is None else score_of(parts) - audit
