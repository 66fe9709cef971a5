"""Metrics of OpenAI text_similarity graders, 0 to 1. Copied into a wrapped function's folder with requirements.txt.

Each metric lazily imports the library listed for it in `REQUIREMENTS`.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

Similarity = Callable[[str, str], float]

RAPIDFUZZ = "rapidfuzz==3.14.6"  # MIT
NLTK = "nltk==3.10.4"  # Apache-2.0

_WORD = re.compile(r"[^\W_]+")


@cache
def _module(name: str) -> Any:
    return importlib.import_module(name)


def words(text: str) -> list[str]:
    """Lower-case words of Unicode letters and digits."""
    return _WORD.findall(text.lower())


def fuzzy_match(given: str, reference: str) -> float:
    """Rapidfuzz `fuzz.ratio`: normalised indel similarity of the characters."""
    return float(_module("rapidfuzz.fuzz").ratio(given, reference)) / 100


def bleu(given: str, reference: str) -> float:
    """Sentence BLEU with n-grams up to 4 and smoothing of zero counts (Chen and Cherry, method 1)."""
    scores = _module("nltk.translate.bleu_score")
    hypothesis = words(given)
    if not hypothesis or not words(reference):
        return 0.0
    weights = [1 / min(4, len(hypothesis))] * min(4, len(hypothesis))
    smoothing = scores.SmoothingFunction().method1
    return float(scores.sentence_bleu([words(reference)], hypothesis, weights, smoothing_function=smoothing))


def gleu(given: str, reference: str) -> float:
    """Google GLEU: the minimum of precision and recall over n-grams of 1 to 4 words."""
    if not words(given) or not words(reference):
        return 0.0
    return float(_module("nltk.translate.gleu_score").sentence_gleu([words(reference)], words(given)))


def rouge_n(given: str, reference: str, n: int) -> float:
    """ROUGE-N: F1 over n-grams of words."""
    ours, theirs = (Counter(zip(*(words(text)[at:] for at in range(n)), strict=False)) for text in (given, reference))
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def rouge_l(given: str, reference: str) -> float:
    """ROUGE-L: F1 by the longest common subsequence of words."""
    ours, theirs = words(given), words(reference)
    return _f1(int(_module("rapidfuzz.distance.LCSseq").similarity(ours, theirs)), len(ours), len(theirs))


def _f1(common: int, ours: int, theirs: int) -> float:
    return 2 * common / (ours + theirs) if common else 0.0


METRICS: Mapping[str, Similarity] = {
    "fuzzy_match": fuzzy_match,
    "bleu": bleu,
    "gleu": gleu,
    **{f"rouge_{n}": partial(rouge_n, n=n) for n in range(1, 6)},
    "rouge_l": rouge_l,
}

REQUIREMENTS: Mapping[str, Sequence[str]] = {
    "fuzzy_match": (RAPIDFUZZ,),
    "rouge_l": (RAPIDFUZZ,),
    "bleu": (NLTK,),
    "gleu": (NLTK,),
}

REFUSED: Mapping[str, str] = {
    "cosine": "needs OpenAI's embeddings, which a grader here cannot call",
    "meteor": "needs WordNet's data, which no package brings; take rouge_l, or write it in Python",
}
"""OpenAI metrics that need more than installed packages, such as data or a service."""
