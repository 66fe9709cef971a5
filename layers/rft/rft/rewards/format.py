"""Scores the form of an answer: every rule of its row is kept, or nothing is earned.

All or nothing, so that no answer earns by keeping the easy half: an empty one breaks no prohibition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rft.contracts.grading import Sample
from rft.contracts.rules import FormatRules
from rft.rewards.components import Component
from rft.rewards.declared import declared
from rft.rewards.json_answers import fits
from rft.rewards.patterns import any_found
from rft.rewards.verdicts import without_thinking

_MARKS = " \t#*_`>"
_LINE_END = re.compile(r"[\r\n]+")
_WORD = re.compile(r"[^\W_]")


def components(sample: Sample, default: FormatRules | None = None) -> Sequence[Component]:
    """`format` is the score; each rule shows whether it was kept. Thinking is no part of the answer.

    Raises UngradableSample without rules, or with rules that cannot be used.
    """
    text = without_thinking(sample.answer)
    kept = dict(_kept(text, declared(sample, "format", FormatRules, default)))
    said = _WORD.search(text) is not None
    return (
        Component("format", float(said and all(kept.values())), 1),
        *(Component(name, float(said and holds)) for name, holds in kept.items()),
    )


def _kept(text: str, rules: FormatRules) -> Iterator[tuple[str, bool]]:
    if rules.json_schema is not None:
        yield "json_schema", fits(text, rules.json_schema)
    if rules.sections:
        yield "sections", _has_sections(text, rules.sections)
    yield (
        "length",
        _within(len(text.strip()), rules.min_characters, rules.max_characters)
        and _within(len(text.split()), rules.min_words, rules.max_words),
    )
    if rules.forbidden:
        yield "forbidden", not any_found(rules.forbidden, text, where="reference_answer.format.forbidden")


def _within(length: int, least: int | None, most: int | None) -> bool:
    return (least is None or length >= least) and (most is None or length <= most)


def _has_sections(text: str, names: Sequence[str]) -> bool:
    """Each heading once, on a line of its own or before a colon, and words below it before the next one."""
    wanted = {_plain(name) for name in names}
    bodies: dict[str, str] = {}
    current = ""
    for line in _LINE_END.split(text):
        heading, _, rest = line.partition(":")
        if (name := _plain(heading)) in wanted:
            if name in bodies:
                return False
            current, line = name, rest  # noqa: PLW2901  what follows the colon is the section's first line
        bodies[current] = bodies.get(current, "") + line
    return all(_WORD.search(bodies.get(name, "")) for name in wanted)


def _plain(heading: str) -> str:
    return " ".join(heading.strip(_MARKS).casefold().split())
