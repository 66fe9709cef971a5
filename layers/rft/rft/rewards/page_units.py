"""The unit that a page of a report counts in, as its tables and notes declare it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rft.rewards.questions import asks_for_money

_SCALE = r"(thousand|million|billion)"
_CURRENCY = r"(?:(?:u\.?s\.? ?)?(?:\$|dollars?)|usd|euros?|eur|pounds?|yen|[\u20ac\u00a3\u00a5])"
_DECLARED = re.compile(
    rf"\bin (?:the )?(?:{_CURRENCY} ?(?:in )?)*(?:{_SCALE}s?|(000)\W{{0,2}}s|(mm))\b"
    rf"|(?:^|[|(\t]) *(?:amounts? |figures )?(?:{_CURRENCY} ?)?{_SCALE}s\b"
    rf"|(?:^|[|(\t]) *{_CURRENCY}? ?\W?(000) ?\W?s\b"
    rf"|(?<![0-9] )\b{_SCALE}s of {_CURRENCY}",
    re.IGNORECASE | re.MULTILINE,
)
_COUNTS_SHARES = re.compile(r"\b(?:how many|number of)(?: \w+){0,3} shares\b", re.IGNORECASE)
_EXCEPT_SHARES = re.compile(r"\bexcept[^)|\n]*(?<!per )(?<!per-)\bshares?\b", re.IGNORECASE)
_COUNTED = re.compile(rf"[0-9] {_SCALE}\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;(|\n]|\band\b")
_THINGS = re.compile(
    r"\b(share|unit|option|barrel|ounce|gallon|ton|employee|customer|subscriber|acre|volume|warrant|award)s?\b",
    re.IGNORECASE,
)
_BEFORE = 60
"""Characters before a declaration in which its clause begins."""


def page_unit(text: str, question: str) -> str | None:
    """`million` where the page counts what the question asks for "in millions"; None where it says nothing.

    The first declaration for money holds, tables before text. One for other things ("shares in thousands") holds for
    them alone. A page that declares none counts as its figures are written, if all are written alike ("5 million").
    """
    table = "\n".join(line for line in text.split("\n") if "|" in line)
    declared = [*_declarations(table), *_declarations(text)]
    for thing, unit in declared:
        if thing and re.search(rf"(?<!per )(?<!per-)\b{thing}s?\b", question, re.IGNORECASE):
            return unit
    money = [unit for thing, unit in declared if not thing]
    if _COUNTS_SHARES.search(question):
        return money[0] if money and not _EXCEPT_SHARES.search(text) else None
    if not asks_for_money(question):
        return None
    written = {found.casefold() for found in _COUNTED.findall(text)}
    return money[0] if money else written.pop() if len(written) == 1 and not declared else None


def question_unit(question: str) -> str | None:
    """`million` where the question itself says "in millions"."""
    return next((unit for _, unit in _declarations(question)), None)


def _declarations(text: str) -> Iterator[tuple[str, str]]:
    """Each unit with the things that it counts; '' for money."""
    for found in _DECLARED.finditer(text):
        clause = _CLAUSE.split(text[max(0, found.start() - _BEFORE) : found.start() + 1])[-1]
        things = _THINGS.search(clause)
        word = next(filter(None, found.groups())).casefold()
        yield things[1].casefold() if things else "", {"000": "thousand", "mm": "million"}.get(word, word)
