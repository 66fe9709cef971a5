"""Finds the unit that a report page declares for its figures in tables and notes."""

from __future__ import annotations

import re
from functools import lru_cache

from rft.rewards.reading.questions import requests_money

_SCALE = r"(thousand|million|billion)"
_SIGN = r"[$\u20ac\u00a3\u00a5]"
_CURRENCY = r"(?:(?:u\.?s\.? ?)?(?:\$|dollars?)|usd|euros?|eur|pounds?|yen|[\u20ac\u00a3\u00a5])"
_DECLARED = re.compile(
    rf"\bin (?:the )?(?:{_CURRENCY} ?(?:in )?)*(?:{_SCALE}s?|(000)\W{{0,2}}s|(mm))\b"
    rf"|(?:^|[|(\t]) *(?:amounts? |figures )?(?:{_CURRENCY} ?)?{_SCALE}s\b"
    rf"|(?:^|[|(\t]) *{_CURRENCY}? ?\W?(000) ?\W?s\b"
    rf"|(?:^|[|(\t]|\bin) *(?:u\.?s\.? ?)?{_SIGN} ?(?:['\u2019]?(000)|(mm|m|mn|bn|k|b))(?![^\W_])"
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
_ABBREVIATED = {
    **dict.fromkeys(("000", "k"), "thousand"),
    **dict.fromkeys(("mm", "m", "mn"), "million"),
    **dict.fromkeys(("bn", "b"), "billion"),
}
_LINE = 1000
_BEFORE = 60
"""Characters before a declaration that may contain the start of its clause."""


@lru_cache(maxsize=256)
def page_unit(text: str, question: str) -> str | None:
    """`million` if the page gives the requested quantity "in millions"; None if it declares no unit.

    The first declaration for money applies, tables before text. A declaration for other things ("shares in thousands")
    applies only to those. Without a declaration, the scale of the page's figures applies if all have the same ("5
    million").
    """
    counts_shares = _COUNTS_SHARES.search(question) is not None
    money_requested = requests_money(question)
    if not money_requested and not counts_shares and not _THINGS.search(question):
        return None
    declared = _declarations(text)
    for thing, unit in declared:
        if thing and re.search(rf"(?<!per )(?<!per-)\b{thing}s?\b", question, re.IGNORECASE):
            return unit
    money = [unit for thing, unit in declared if not thing]
    if counts_shares:
        return money[0] if money and not _EXCEPT_SHARES.search(text) else None
    if not money_requested or money or declared:
        return money[0] if money and money_requested else None
    units = {found.casefold() for found in _COUNTED.findall(text)}
    return units.pop() if len(units) == 1 else None


def question_unit(question: str) -> str | None:
    """`million` if the question itself asks for "in millions"."""
    return next((unit for _, unit in _declarations(question)), None)


def _declarations(text: str) -> list[tuple[str, str]]:
    """Each declared unit with what it applies to ('' for money); declarations in tables come first."""
    found = [(not _in_table(text, each.start()), _things(text, each), _unit(each)) for each in _DECLARED.finditer(text)]
    return [(things, unit) for _, things, unit in sorted(found, key=lambda each: each[0])]


def _in_table(text: str, at: int) -> bool:
    """True if a cell border is near on the same line."""
    line = text[max(0, at - _LINE) : at].rpartition("\n")[2] + text[at : at + _LINE].partition("\n")[0]
    return "|" in line


def _things(text: str, declared: re.Match[str]) -> str:
    before = text[max(0, declared.start() - _BEFORE) : declared.start() + 1]
    things = _THINGS.search(_CLAUSE.split(before)[-1])
    return things[1].casefold() if things else ""


def _unit(declared: re.Match[str]) -> str:
    word = str(next(filter(None, declared.groups()))).casefold()
    return _ABBREVIATED.get(word, word)
