"""Scores the format of an answer: 1 if it passes every rule of its row, else 0.

There is no partial score: an empty answer passes every prohibition and must not earn reward for that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence

from rft.contracts.graders.rules import FormatRules
from rft.contracts.grading import Sample
from rft.rewards.components import Component
from rft.rewards.declared import declared
from rft.rewards.patterns import any_found
from rft.rewards.reading.json_answers import fits
from rft.rewards.reading.turns import answer_text, without_thinking

_MARKS = " \t#*_`>"
_LONGEST_HEADING = 500
"""Maximum length of a line that can contain a heading: names have at most 200 characters, and NFKC expands some
letters."""

_WITHOUT_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_WORD = re.compile(r"[^\W_]")
_NUMBERING = re.compile(r"[ \t#*_`>]*[0-9]{1,2}[.)][ \t*_`]+")
"""Numbers before headings, as in `2. Risks`. List bullets do not count: an item may start with any word and a colon."""


def components(sample: Sample, default: FormatRules | None = None) -> Sequence[Component]:
    """`format` is the score; each rule is a component without weight. Thinking is ignored.

    Raises UngradableSample if the rules are missing or invalid.
    """
    text = answer_text(sample.answer)
    results = dict(
        _rule_results(text, without_thinking(sample.answer), declared(sample, "format", FormatRules, default))
    )
    has_words = _WORD.search(text) is not None
    return (
        Component("format", float(has_words and all(results.values())), 1),
        *(Component(name, float(has_words and holds)) for name, holds in results.items()),
    )


def _rule_results(text: str, turn: str, rules: FormatRules) -> Iterator[tuple[str, bool]]:
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
        yield "forbidden", not any_found(rules.forbidden, turn, field="reference_answer.format.forbidden")


def _within(length: int, least: int | None, most: int | None) -> bool:
    return (least is None or length >= least) and (most is None or length <= most)


def _has_sections(text: str, names: Sequence[str]) -> bool:
    """Each heading occurs exactly once, on its own line or before a colon, with text before the next heading."""
    headings = {_plain(name).rstrip(":").rstrip(_MARKS) or _plain(name): False for name in names}
    lengths = sorted({len(heading) for heading in headings}, reverse=True)
    seen, current = set[str](), ""
    for line in text.split("\n"):
        found = _heading(line, headings, lengths) or _numbered_heading(line, headings, lengths)
        if found is None:
            words_below = line
        else:
            current, words_below = found
            if current in seen:
                return False
            seen.add(current)
        if current and not headings[current]:
            headings[current] = _WORD.search(words_below) is not None
    return all(headings.values())


def _heading(line: str, headings: Container[str], lengths: Sequence[int]) -> tuple[str, str] | None:
    """The longest heading that equals the line or its part before a colon, and the text after it."""
    if len(line) <= _LONGEST_HEADING and (whole := _plain(line).rstrip(":").rstrip(_MARKS)) in headings:
        return whole, ""
    head = _plain(line[:_LONGEST_HEADING])
    for length in lengths:
        after = head[length:].lstrip(_MARKS)
        if after.startswith(":") and head[:length] in headings:
            return head[:length], after[1:] + line[_LONGEST_HEADING:]
    return None


def _numbered_heading(line: str, headings: Container[str], lengths: Sequence[int]) -> tuple[str, str] | None:
    numbering = _NUMBERING.match(line)
    return _heading(line[numbering.end() :], headings, lengths) if numbering else None


def _plain(heading: str) -> str:
    """The heading without markdown and zero-width characters, in one case, in NFKC.

    NFKC also turns a full-width colon into a colon.
    """
    text = unicodedata.normalize("NFKC", heading).translate(_WITHOUT_WIDTH).casefold()
    return " ".join(unicodedata.normalize("NFKC", text).strip(_MARKS).split())
