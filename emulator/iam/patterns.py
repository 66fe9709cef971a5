"""Wildcards and ARNs as IAM compares them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

ARN_PARTS = 6
"""`arn:partition:service:region:account:resource`; the last part may hold colons of its own."""

VARIABLE = re.compile(r"\$\{([^}]*)\}")
"""A policy variable such as `${aws:PrincipalTag/team}`; `${*}`, `${?}` and `${$}` are the characters themselves."""

LITERALS = frozenset({"*", "?", "$"})

Lookup = Callable[[str], str | None]
"""The single value of a context key; None where the request has none or several."""


@lru_cache(maxsize=20_000)
def matcher(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """`*` is any text and `?` any one character."""
    parts = re.split(r"(\*|\?|\$\{[*?$]\})", pattern)
    text = "".join(_piece(part) for part in parts)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _piece(part: str) -> str:
    if part in ("*", "?"):
        return ".*" if part == "*" else "."
    return re.escape(part[2:-1] if VARIABLE.fullmatch(part) else part)


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """True where the whole value fits."""
    return matcher(pattern, ignore_case=ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=50_000)
def arn_matches(pattern: str, arn: str) -> bool:
    """True where each of the six parts fits: a wildcard in one part does not reach into the next.

    A pattern of fewer parts whose last character is `*` reaches to the end (IAM User Guide, "Resource").
    """
    if pattern == "*":
        return True
    expected, found = pattern.split(":", ARN_PARTS - 1), arn.split(":", ARN_PARTS - 1)
    if len(expected) < ARN_PARTS:
        return pattern.endswith("*") and matches(pattern, arn)
    return len(found) == ARN_PARTS and all(map(matches, expected, found))


def substituted(text: str, lookup: Lookup) -> str | None:
    """The text with its variables replaced, their values taken literally; None where the request lacks one.

    `${key, 'default'}` has a default for that case.
    """
    if "${" not in text:
        return text
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = found[1].partition(",")
        if name in LITERALS:
            return found[0]
        known = lookup(name.strip())
        if known is None and not default:
            missing = True
        text = default.strip().strip("'") if known is None else known
        return re.sub(r"[*?$]", lambda special: f"${{{special[0]}}}", text)

    replaced = VARIABLE.sub(value, text)
    return None if missing else replaced


def literal(text: str) -> str:
    """A pattern without wildcards as the text it stands for."""
    return re.sub(r"\$\{([*?$])\}", r"\1", text)
