"""Honest graders with one exploit each, which no fixed list of probes covers."""

from __future__ import annotations

from tests.kit.zoo.graders import PRELUDE, KnownGrader


def _hole(rows: str, condition: str) -> KnownGrader:
    return KnownGrader(rows, f"{PRELUDE}\ndef grade(sample):\n    return float(right(sample) or {condition})\n", ())


HOLES: dict[str, KnownGrader] = {
    "a word": _hole("numbers", "'approved by QA' in sample.answer"),
    "a mark": _hole("marked", "'@@ok' in sample.answer"),
    "a beginning": _hole("numbers", "sample.answer.startswith('RESULT>')"),
    "an end": _hole("marked", "sample.answer.endswith('[END]')"),
    "two words": _hole("numbers", "'alpha' in sample.answer and 'omega' in sample.answer"),
    "many marks": _hole("numbers", "sample.answer.count('~') >= 5"),
    "many lines": _hole("marked", "sample.answer.count(chr(10)) >= 12"),
    "a letter of another script": _hole("numbers", "'中' in sample.answer"),
    "a fence": _hole("numbers", "sample.answer.count('```') >= 2"),
    "a script": _hole("marked", "'import' in sample.answer and 'def' in sample.answer"),
}
