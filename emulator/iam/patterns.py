"""Matches wildcards and ARNs as IAM does. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

ARN_PARTS = 6
"""Number of parts in `arn:partition:service:region:account:resource`; the resource may contain colons."""

VARIABLE = re.compile(r"\$\{([^}]*)\}")
"""A policy variable such as `${aws:PrincipalTag/team}`; `${*}`, `${?}` and `${$}` are escaped characters."""

LITERALS = frozenset({"*", "?", "$"})

Lookup = Callable[[str], str | None]
"""Returns the single value of a context key, or None if it has none or several."""


@lru_cache(maxsize=20_000)
def matcher(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Compile a pattern; `*` matches any text and `?` any one character."""
    parts = re.split(r"(\*|\?|\$\{[*?$]\})", pattern)
    text = "".join(_piece(part) for part in parts)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _piece(part: str) -> str:
    if part in ("*", "?"):
        return ".*" if part == "*" else "."
    return re.escape(part[2:-1] if VARIABLE.fullmatch(part) else part)


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Return whether the pattern matches the whole value."""
    return matcher(pattern, ignore_case=ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=50_000)
def arn_matches(pattern: str, arn: str) -> bool:
    """Return whether each of the six parts matches; a wildcard does not match across parts.

    A pattern with fewer parts that ends in `*` matches all remaining parts (IAM User Guide, "Resource").
    """
    if pattern == "*":
        return True
    expected, found = pattern.split(":", ARN_PARTS - 1), arn.split(":", ARN_PARTS - 1)
    if len(expected) < ARN_PARTS:
        return pattern.endswith("*") and matches(pattern, arn)
    return len(found) == ARN_PARTS and all(map(matches, expected, found))


def substituted(text: str, lookup: Lookup) -> str | None:
    """Replace the variables in a text by their values, escaped; returns None if the request lacks one.

    `${key, 'default'}` defines a default for that case.
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
    """Unescape a pattern that has no wildcards."""
    return re.sub(r"\$\{([*?$])\}", r"\1", text)
