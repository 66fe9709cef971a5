"""Parses one number as people write it, into an exact fraction, so that rounding never makes two numbers equal.

Supported: signs, currencies, commas, spaces or apostrophes between groups of three digits, decimals, exponents,
fractions and mixed numbers (3/4, 1 1/2, ½), a per cent sign, scale words (2 million), a unit of up to four words, a
trailing full stop, and markdown, HTML, TeX or brackets around the number or a part of it. A number in parentheses is
negative, as in accounting. A word of decline ("3 % decrease", "a loss of 3") makes it negative, as a minus sign does.
Struck-out text is removed.

The number must be the whole text. Two numbers, a hedge ("72 or 73") or a longer expression ("72 and a half", "36 times
two") are rejected: otherwise a policy could earn reward by listing several answers. Approximations ("about 72", "~72",
"72 (approximately)") are rejected, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from rft.rewards.reading.markup import plain, without_math_mode, without_strikethrough
from rft.rewards.reading.units import (
    CENTS,
    change_word_last,
    declines,
    unit_words,
    without_parentheses,
)

SCALES: dict[str, int] = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
"""Words that multiply the number before them."""

CAPITAL_SCALES: Mapping[str, int] = SCALES | {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9}
"""SCALES and the abbreviations without another meaning; `m` alone means metres."""

FINANCE_SCALES: Mapping[str, int] = SCALES | {
    **dict.fromkeys(("k", "tsd"), 10**3),
    **dict.fromkeys(("m", "mm", "mn", "mio", "mil"), 10**6),
    **dict.fromkeys(("b", "bn", "bil"), 10**9),
    **dict.fromkeys(("tn", "trn"), 10**12),
}
"""CAPITAL_SCALES and the abbreviations of financial reports, also used for amounts with a currency sign ("$2m")."""

MAX_CHARACTERS = 80
"""Longer text is not parsed as a number."""

_SPACE = " \t"
_MARKS = _SPACE + "*_`"
_ENDS = _SPACE + ".!,;\u2713\u2714\u2705"
_SAME = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2012\u2013\ufe63\uff0d", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        **dict.fromkeys("\u2044\u2215", "/"),
        **{chr(0xFEE0 + ord(mark)): mark for mark in "0123456789%$,.+/()"},  # full-width forms
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff"),  # zero-width characters
        "\u2019": "'",
        **{
            sign: f" {top}/{bottom}"
            for signs, bottom in {"½": 2, "⅓⅔": 3, "¼_¾": 4, "⅕⅖⅗⅘": 5, "⅙___⅚": 6, "⅛_⅜_⅝_⅞": 8}.items()
            for top, sign in enumerate(signs, 1)
            if sign != "_"
        },
    }
)
_CURRENCY = r"(?:(?:US|CA|C|AU|A|HK|NZ|S)?\$|[€£¥₹¢]|USD|EUR|GBP|JPY|CNY|INR|CHF|CAD|AUD)"
_NUMBER = re.compile(
    rf"""
    (?P<before>[-+(\ ]*{_CURRENCY}?[-+(\ ]*)
    (?:
        (?:(?P<whole>[0-9]+)(?:\ +|-))?(?P<top>[0-9]+)\ ?/\ ?(?P<bottom>[0-9]+)
      |
        (?P<digits>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]{{1,3}}(?:\ [0-9]{{3}})+|[0-9]{{1,3}}(?:'[0-9]{{3}})+|[0-9]+)?
        (?:\.(?P<decimals>[0-9]+)?)?
        (?:[eE](?P<exponent>[-+]?[0-9]{{1,2}})(?![0-9]))?
    )
    (?P<after>(?![0-9]).*)
    """,
    re.VERBOSE,
)
_MINUS = re.compile(r"(?:minus|negative) (?=[^\w\s]{0,2}[0-9.])", re.IGNORECASE)
_RATIO_TO_ONE = re.compile(r" ?(?::|-?to-?) ?1(?![0-9.:,/])")
_POWER_OF_TEN = re.compile(r" ?(?:[x\u00d7*]|\\times|\\cdot) ?10\^?\{?([-+]?[0-9]{1,2})\}?(?![0-9.,])")
_SIGN_AFTER = re.compile(rf"\ ?{_CURRENCY}(?![^\W\d_])")
_PERCENT = re.compile(r" ?(?:%|(?:per ?cent(?:age)?|pct)(?![^\W\d_]))(?: points?\b)?", re.IGNORECASE)
_SCALE_WORD = re.compile(r"(?:\s*|-)(?:in )?([^\W\d_]+)(?![^\W\d_])\.?")
_ARTICLE = re.compile(rf"(?:an?|the) (?=[-+]?{_CURRENCY}? ?[0-9.])", re.IGNORECASE)
_PLAIN = re.compile("-?[0-9]+")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written. `value` includes the scale word but not the per cent sign: 50 % is 50.

    `scale` is the factor of the scale word, 1 without one; `step` is one unit of the last written digit, 0 for a
    fraction. `declined` is true if the words after the number made it negative, `cents` if they count it in cents,
    `currency` if a currency sign is next to it.
    """

    value: Fraction
    percent: bool = False
    scale: int = 1
    step: Fraction = Fraction(1)
    declined: bool = False
    cents: bool = False
    currency: bool = False

    @property
    def is_bare(self) -> bool:
        """True if no sign, scale or unit after the number can change its meaning."""
        return not (self.percent or self.declined or self.cents) and self.scale == 1


def read_number(text: str, *, finance: bool = False) -> Number | None:
    """The number in `text`, None if the text is anything else; accepts any text.

    With `finance`, or next to a currency sign, the abbreviations of FINANCE_SCALES count as scale words.
    """
    return _read(text, finance) if len(text) <= MAX_CHARACTERS else None


@lru_cache(maxsize=4096)
def _read(text: str, finance: bool) -> Number | None:  # noqa: FBT001  a cache's key
    # Cached: answers to one prompt and references of one dataset repeat the same numbers.
    if _PLAIN.fullmatch(text):  # a shortcut for most numbers, with the same result
        return Number(Fraction(int(text)))
    text = without_strikethrough(without_math_mode(text).replace("\\$", "$").replace("\\%", "%")).translate(_SAME)
    if "~~" in text:  # unbalanced strike-through: its extent is unknown
        return None
    text = plain(text.strip(_SPACE).rstrip(_ENDS)).lstrip(_MARKS).rstrip(_ENDS + _MARKS)
    text = _ARTICLE.sub("", text, count=1) if _ARTICLE.match(text) else text
    if minus := _MINUS.match(text):
        text = f"-{text[minus.end() :]}"
    found = _NUMBER.fullmatch(change_word_last(text))
    if found is None:
        return None
    sign, after = _sign(found["before"], without_parentheses(found["after"]))
    size = _fraction(found) if found["top"] else _decimal(found)
    if sign is None or size is None:
        return None
    power, after = (Fraction(1), after) if found["exponent"] else _power(after)
    currency = re.search(_CURRENCY, found["before"]) is not None
    scales = FINANCE_SCALES if finance or currency else CAPITAL_SCALES
    number = _measured(sign * size[0] * power, size[1] * power, after, scales)
    if number is None or not currency:
        return number
    return replace(number, currency=True, cents=number.cents or "\u00a2" in found["before"])


def plain_digits(value: Fraction) -> str:
    """`value` in plain digits: a decimal if that is exact and short, else a fraction."""
    for places in range(13):
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
            cut = len(digits) - places
            return "-" * (value < 0) + digits[:cut] + ("." + digits[cut:] if places else "")
    return f"{value.numerator}/{value.denominator}"


def _sign(before: str, after: str) -> tuple[int | None, str]:
    """-1 or 1, or None if signs and parentheses contradict each other; and the text after a closing parenthesis."""
    opened, closed = before.count("("), after.count(")")
    signs = [mark for mark in before if mark in "-+"]
    if opened != closed or opened + len(signs) > 1:
        return None, after
    return -1 if opened or "-" in signs else 1, after.replace(")", " ", 1)


def _fraction(found: re.Match[str]) -> tuple[Fraction, Fraction] | None:
    whole, top, bottom = int(found["whole"] or 0), int(found["top"]), int(found["bottom"])
    if bottom == 0 or (found["whole"] and top >= bottom):
        return None
    return whole + Fraction(top, bottom), Fraction(0)


def _decimal(found: re.Match[str]) -> tuple[Fraction, Fraction] | None:
    digits, decimals = found["digits"] or "", found["decimals"] or ""
    if not digits and not decimals:
        return None
    power = int(found["exponent"] or 0) - len(decimals)
    step = Fraction(10**power) if power >= 0 else Fraction(1, 10**-power)
    return int(re.sub("[, ']", "", digits + decimals)) * step, step


def _power(after: str) -> tuple[Fraction, str]:
    """The factor of a power of ten after the number (`1.8 x 10^3`); 1 for a ratio to one (`1.5 : 1`)."""
    if found := _POWER_OF_TEN.match(after):
        power = int(found[1])
        return Fraction(10**power) if power >= 0 else Fraction(1, 10**-power), after[found.end() :]
    if found := _RATIO_TO_ONE.match(after):
        return Fraction(1), after[found.end() :]
    return Fraction(1), after


def _measured(value: Fraction, step: Fraction, after: str, scales: Mapping[str, int]) -> Number | None:
    """The number with its suffix applied: per cent, scale, currency, unit."""
    percent = _PERCENT.match(after)
    words = after[percent.end() if percent else 0 :]
    currency = _SIGN_AFTER.match(words)
    scale, rest = (1, words) if percent else _scale(words[currency.end() if currency else 0 :], scales)
    units = unit_words(rest[currency.end() :] if percent and currency else rest)
    if units is None:
        return None
    value = -abs(value) if declines(units) else value
    cents = not CENTS.isdisjoint(units) or (currency is not None and "\u00a2" in currency[0])
    signed = currency is not None
    return Number(value * scale, bool(percent), scale, step * scale, declines(units), cents and not percent, signed)


def _scale(words: str, scales: Mapping[str, int]) -> tuple[int, str]:
    """The product of the scale words at the start, and the text after them."""
    scale = 1
    while found := _SCALE_WORD.match(words):
        word = found[1].casefold()
        factor = scales.get(found[1]) or scales.get(word) or scales.get(word.removesuffix("s"))
        if factor is None:
            break
        scale, words = scale * factor, words[found.end() :]
    return scale, words
