r"""Translates JSON Schema patterns (ECMAScript syntax) to the syntax of the `regex` library.

In ECMA-262, 22.2.2, `\d` matches 0-9, `\w` matches A-Z, a-z, 0-9 and _, `\s` matches Unicode white space, and `$`
matches only the very end. In `regex`, `\d` and `\w` match digits and letters of every script, and `$` also matches
before a final line end. `[]` matches nothing and `[^]` matches any character; `\u{1F600}`, `\cJ` and `\k<name>` are a
code point, a control character and a back reference.
"""

from __future__ import annotations

import re

_DIGITS, _WORD = "0-9", "A-Za-z0-9_"
_SPACES = r"\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NO_DIGITS = r"\x00-/:-\U0010ffff"
_NO_WORD = r"\x00-/:-@\[-\^`{-\U0010ffff"
_NO_SPACES = (
    r"\x00-\x08\x0e-\x1f!-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff"
    r"\u3001-\ufefe\uff00-\U0010ffff"
)
_CLASSES = {"d": _DIGITS, "D": _NO_DIGITS, "w": _WORD, "W": _NO_WORD, "s": _SPACES, "S": _NO_SPACES}
_BEFORE, _AFTER = f"(?<=[{_WORD}])", f"(?=[{_WORD}])"
_NOT_BEFORE, _NOT_AFTER = f"(?<![{_WORD}])", f"(?![{_WORD}])"
_BOUNDARIES = {
    "b": f"(?:{_NOT_BEFORE}{_AFTER}|{_BEFORE}{_NOT_AFTER})",
    "B": f"(?:{_NOT_BEFORE}{_NOT_AFTER}|{_BEFORE}{_AFTER})",
}
_MULTILINE = re.compile(r"\(\?[a-z]*m")
_ITEM = re.compile(r"\\u\{[0-9a-fA-F]{1,6}\}|\\c[A-Za-z]|\\k<\w+>|\\.|\[\^?\]|\[|\]|\$|[^\\\[\]$]+", re.DOTALL)
_EMPTY_CLASSES = {"[]": "(?!)", "[^]": r"[\s\S]"}


def ecma_pattern(pattern: str) -> str:
    """A `regex` pattern that matches what `pattern` matches in ECMAScript, except for `.`."""
    whole_lines = _MULTILINE.search(pattern) is not None
    parts: list[str] = []
    in_class = False
    for item in _ITEM.findall(pattern):
        if item in _EMPTY_CLASSES and in_class:  # a literal [, then the end of the class
            in_class = False
            parts.append(f"\\{item}")
            continue
        if item == "[" and not in_class:
            in_class = True
        elif item == "]":
            in_class = False
        parts.append(_translated(item, in_class=in_class, whole_lines=whole_lines))
    return "".join(parts)


def _translated(item: str, *, in_class: bool, whole_lines: bool) -> str:
    if item == "$" and not in_class and not whole_lines:
        return r"\Z"
    if item in _EMPTY_CLASSES:
        return _EMPTY_CLASSES[item]
    if len(item) > 2 and item[0] == "\\":
        return _long_escape(item)
    if len(item) != 2 or item[0] != "\\":
        return item
    if item[1] in _CLASSES:
        return _CLASSES[item[1]] if in_class else f"[{_CLASSES[item[1]]}]"
    return item if in_class else _BOUNDARIES.get(item[1], item)


def _long_escape(item: str) -> str:
    if item[1] == "k":
        return f"(?P={item[3:-1]})"
    return f"\\U{int(item[3:-1], 16):08x}" if item[1] == "u" else f"\\x{ord(item[2]) % 32:02x}"
