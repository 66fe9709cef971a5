"""Agreement of verdicts with human verdicts. Unreadable verdicts are counted, never dropped. Pure."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from rft.contracts.agreement import Agreement, Figures
from rft.contracts.graders.pandalm import LABELS, PandaLMLabel
from rft.rewards.verdicts import read_judgment, read_label
from rft.smoke_test.statistics import Pair, accuracy, cohen_kappa, kappa_interval, macro

UNPARSABLE, NO_TRUTH = "unparsable", "unparsable truth"
"""Two different values, so that a row unreadable on both sides does not count as agreement."""

NUMBERS: dict[int, PandaLMLabel] = {1: "Response 1", 2: "Response 2", 0: "Tie"}

_NUMBER = re.compile(r"([012])(?:\.0+)?")
_MARKS = " \t\u00a0*_`#[](){}\"'“”.:"


def read_verdict(value: object) -> PandaLMLabel | None:
    """One of the three verdicts, or None.

    Accepts the numbers 1, 2 and 0 (a tie), the words in any case or brackets, a text whose verdict lines all name the
    same verdict, and an answer with a JUDGMENT line. True and False are rejected, although they equal 1 and 0 in
    Python.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return NUMBERS.get(int(value)) if value in NUMBERS else None
    return _read_text(value) if isinstance(value, str) else None


def agreement(truth: Sequence[object], predictions: Sequence[object]) -> Agreement:
    """Agreement of two lists of raw verdicts, row by row. Raises ValueError if their lengths differ."""
    pairs = [(read_verdict(t), read_verdict(p)) for t, p in zip(truth, predictions, strict=True)]
    parsed = [(t, p) for t, p in pairs if t is not None and p is not None]
    every = [(t or NO_TRUTH, p or UNPARSABLE) for t, p in pairs]
    figures = _figures(parsed)
    return Agreement(
        **{**dict(figures), "n": len(pairs)},
        parsed=len(parsed),
        unparsable=len(pairs) - len(parsed),
        unparsable_as_wrong=figures if len(parsed) == len(pairs) else _figures(every),
    )


def _read_text(text: str) -> PandaLMLabel | None:
    named = {verdict for line in text.splitlines() if (verdict := _read_line(line)) is not None}
    if len(named) == 1:
        return named.pop()
    return None if named else read_judgment(text).verdict


def _read_line(line: str) -> PandaLMLabel | None:
    number = _NUMBER.fullmatch(line.strip(_MARKS))
    return NUMBERS[int(number[1])] if number else read_label(line.replace("_", " "))


def _figures(pairs: Sequence[Pair]) -> Figures:
    labels = [label for label in LABELS if any(label in pair for pair in pairs)]
    means = macro(pairs, labels) or (None, None, None)
    return Figures(
        n=len(pairs),
        accuracy=accuracy(pairs),
        macro_precision=means[0],
        macro_recall=means[1],
        macro_f1=means[2],
        kappa=cohen_kappa(pairs),
        kappa_interval=kappa_interval(pairs),
        confusion=_confusion(pairs),
    )


def _confusion(pairs: Sequence[Pair]) -> dict[str, dict[str, int]]:
    order: tuple[Hashable, ...] = (*LABELS, NO_TRUTH, UNPARSABLE)
    present = [label for label in order if any(label in pair for pair in pairs)]
    truths = [label for label in present if any(truth == label for truth, _ in pairs)]
    return {str(t): {str(g): pairs.count((t, g)) for g in present if g != NO_TRUTH} for t in truths}
