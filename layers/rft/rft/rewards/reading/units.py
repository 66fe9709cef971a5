"""Classifies words around a number: units, which do not change it, and words that negate or invalidate it."""

from __future__ import annotations

import re

MAX_WORDS = 4

DECLINES = frozenset(
    {"decrease", "decreased", "decreases", "decreasing", "decline", "declined", "declines", "drop", "dropped", "drops"}
    | {"fall", "falls", "fell", "fallen", "loss", "losses", "lost", "reduction", "reduced", "lower", "less", "fewer"}
    | {"down", "below", "deficit", "shortfall", "shrinkage", "outflow", "outflows", "downturn"}
)
"""Words that negate the number before them: "3 % decrease" is -3 %."""

_GROWS = frozenset(
    {"increase", "increased", "increases", "rise", "rises", "rose", "growth", "grew", "gain", "gained", "up", "higher"}
)
"""Words before a number that do not change it."""

CENTS = frozenset({"cent", "cents"})

_OTHER = frozenset(
    {"or", "and", "to", "nor", "not", "no", "minus", "negative", "plus", "over", "point"}
    | {"half", "halves", "third", "thirds", "tenths", "hundredths", "thousandths"}
    | {"twice", "double", "doubled", "triple", "tripled", "quadrupled", "halved", "multiplied", "divided", "added"}
    | {"subtracted", "factorial", "reversed", "inverted", "inverse", "reciprocal"}
    | {"wrong", "incorrect", "false", "but", "if", "unless", "except", "without", "versus", "vs", "cannot"}
    | {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"}
    | {"fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty"}
    | {"sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "million", "billion", "trillion", "dozen"}
    | {"approximately", "approx", "about", "around", "roughly", "circa", "nearly", "almost", "rounded", "estimated"}
    | {"maybe", "perhaps", "possibly", "probably", "likely", "unsure", "uncertain", "guess", "ish", "least", "most"}
    | {"either", "neither", "otherwise", "alternatively"}
    | {"hundreds", "thousands", "millions", "billions", "trillions", "dozens"}
)
"""Words after a number that change it, make it approximate, or cannot be part of an answer."""

_AFTER_TIMES = frozenset({"per", "a", "an", "each", "every", "in", "as", "daily", "weekly", "more", "larger", "higher"})
_CHANGE_FIRST = re.compile(
    rf"(?:an? |the )?(?:net )?({'|'.join(sorted(DECLINES | _GROWS))})(?: of| by)? (?=[^\w\s]{{0,2}} ?[\d$])",
    re.IGNORECASE,
)
_LETTERS = r"[^\W\d_]+"
_POWER = r"(?:(?:[cdkm]?m|ft|in|yd|mi|inch|feet|s|sec)\.?[23]|(?:[^\W\d_]{2,}|m|s)\.?\^(?:[23]|\{[23]\}))"
_UNIT = re.compile(
    rf"/?(?:{_POWER}|°?(?:{_LETTERS}(?:[-'\u2019.&]{{1,2}}{_LETTERS})*)?[.'\u2019\u2032°]?)[,;]?", re.IGNORECASE
)
_POWER_WORDS = frozenset({"squared", "cubed"})
"""Part of a unit if they follow one; directly after a number they change its value."""
_INCHES = re.compile(r"\A ?[\"\u2033\u201d](?=\s|\Z)")
_HYPHEN = re.compile(r"\A ?-(?=[^\W\d_])")
_SLASH = re.compile(r"\s*/\s*")
_IN_PARENTHESES = re.compile(r"\(([^()\d]*)\)")


def unit_words(after: str) -> list[str] | None:
    """The words of a unit such as "dollars per day", "mi./hr." or "ft^2"; None if the text is more than a unit."""
    words = _SLASH.sub(" /", _HYPHEN.sub("", _INCHES.sub("", after))).split()
    if len(words) > MAX_WORDS or not all(_is_unit(word) for word in words):
        return None
    plain = [word.strip("/.,;'\u2019").casefold() for word in words]
    if any(word in _OTHER or word.endswith(("n't", "n\u2019t", "fold")) for word in plain):
        return None
    if plain and (plain[0] == "ish" or plain[0] in _POWER_WORDS):
        return None
    times = plain.index("times") + 1 if "times" in plain else 0
    return None if times and plain[times:] and plain[times] not in _AFTER_TIMES else plain


def change_word_last(text: str) -> str:
    """Moves a word of change behind its number: `a loss of $3` to `$3 loss`, `fell by 3` to `3 fell`."""
    found = _CHANGE_FIRST.match(text)
    return text if found is None else f"{text[found.end() :]} {found[1]}"


def without_parentheses(after: str) -> str:
    """Treats words in parentheses as part of the unit, as in "18 (dollars)"."""
    return _IN_PARENTHESES.sub(r" \1 ", after)


def declines(words: list[str]) -> bool:
    """True if the words after a number negate it."""
    return not DECLINES.isdisjoint(words)


def _is_unit(word: str) -> bool:
    first = word.lstrip("/")[:1]
    return (first.isalpha() or first in {"\u00b0", "'", "\u2032"}) and _UNIT.fullmatch(word) is not None
