"""Removes markup around a number: markdown, HTML, TeX, brackets, strike-through."""

from __future__ import annotations

import re

_STRIKETHROUGH = re.compile(r"~~(?=\S)[^~\n]+~~|<(s|del|strike)>[^<\n]*</\1>", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<![\w*`])(\*{1,3}|_{1,3}|`{1,3})(?=[^\s*_`])([^*_`\n]*[^\s*_`])\1(?![\w*`])")
_TAG = re.compile(r"</?[a-z][a-z0-9_-]{0,30} ?/?>", re.IGNORECASE)
_TEX_TEXT = re.compile(
    r"\\(?:boxed|fbox|text|textbf|textit|textrm|emph|underline|mathrm|mathbf|mathit|operatorname) ?\{([^{}]*)\}"
)
_TEX_UNIT = re.compile(r"\$(\\(?:text|textrm|mathrm) ?\{[^{}$]*\}(?:\^(?:[23]|\{[23]\}))?)\$")
_TEX_FRACTION = re.compile(r"\\[dt]?frac ?(?:\{([0-9]+)\}\{([0-9]+)\}|([0-9])([0-9])(?![0-9]))")
_TEX_MATH = re.compile(r"\A[ \t*]*(\$\$?)((?:[^$\\\n]|\\.)+)\1(?=[ \t*.,;!]*\Z)")
_TEX_SPACE = re.compile(r"\\[()\[\]]|\\[,;!:]|\\ ")
_TEX_DEGREE = re.compile(r"\^?\{?\\circ\}?")
_BRACKETS = re.compile(
    r"""(?:<([^<>]*)>|\[([^][]*)\]|\{([^{}]*)\}|"([^"]*)"|'([^']*)'|\u201c([^\u201d]*)\u201d)(?=\W|\Z)"""
)
_MAX_NESTED = 3


def without_strikethrough(line: str) -> str:
    """Removes struck-out text, which is not part of the answer."""
    return _STRIKETHROUGH.sub("", line)


def without_math_mode(text: str) -> str:
    # The `$` in `$18 \text{ eggs}$` is not a currency sign.
    return _TEX_MATH.sub(r"\2", text) if "$" in text else text


def plain(text: str) -> str:
    """The text of one line without markup. Words stay separate."""
    if "\\" in text or "{,}" in text:
        text = _without_tex(text)
    if len(text) > 4 and text.startswith("$$") and text.endswith("$$"):
        text = text[2:-2].strip()
    if "<" in text:
        text = " ".join(_TAG.sub(" ", text).split())
    text = _EMPHASIS.sub(r"\2", text).strip()
    for _ in range(_MAX_NESTED):
        if not (found := _BRACKETS.match(text)):
            break
        text = (next(filter(None, found.groups()), "").strip() + text[found.end() :]).strip()
    return text


def _without_tex(text: str) -> str:
    text = _TEX_FRACTION.sub(r" \1\3/\2\4", _TEX_UNIT.sub(r"\1", text.replace("{,}", ",")))
    for _ in range(_MAX_NESTED):  # each pass removes the innermost level of \boxed{\text{…}}
        text = _TEX_TEXT.sub(r"\1", text)
    return _TEX_DEGREE.sub("\u00b0", _TEX_SPACE.sub("", text)).strip()
