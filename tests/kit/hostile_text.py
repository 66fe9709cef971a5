"""Text that exploits unescaped output: terminals, web pages, e-mails, logs."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07 \x9b31m \r\n2026-11-20 FAKE COMPLETED\nrft: FAKE\t\x00 \u202egnp.exe\u2066 "
    "\u200b\ufeff\u2028 <script>alert(1)</script> [red]x[/] [/] {{7*7}} ${jndi:x} $.x % \U000e0041 \"quoted' \\ "
)

_ACTS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def acting_in(text: str, *, allowed: str = "") -> set[str]:
    """Return control and invisible characters in a text, except the allowed ones."""
    return {character for character in text if unicodedata.category(character) in _ACTS} - set(allowed)


def strings_in(value: Any) -> Iterator[str]:
    """Yield all strings of a JSON value, including keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from (str(name), *strings_in(part))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings_in(part)


def with_strings(value: Any, replaced: Callable[[str, str], str], name: str = "") -> Any:
    """Replace each string of a value by `replaced(field name, string)`."""
    if isinstance(value, str):
        return replaced(name, value)
    if isinstance(value, dict):
        return {key: with_strings(part, replaced, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [with_strings(part, replaced, name) for part in value]
    return value
