"""Hypothesis strategies for unexpected values."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

MARKS = (
    "\x00",
    "\x1b[2J\x1b]0;x\x07",
    "\u202etxt.exe",
    "\ud800",
    "\U000e0041\u200b",
    "a\r\nX-Header: 1",
    "</script><script>alert(1)</script>",
    "{0.__class__} %s ${jndi:x} {{7*7}}",
    "../../etc/passwd",
    "__proto__",
    "NaN",
    "1e400",
    "9" * 400,
    "é" * 5000,
    "[" * 2000,
    "=cmd|' /C calc'!A0",
    "(a+)+$",
)

texts = st.sampled_from(MARKS) | st.text(max_size=30)
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from([-1, 0, 1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**400, 5e-324, 1e308, 1e127, -0.0])
)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
"""JSON values, including NaN and Infinity, which Python's parser accepts, and strings with lone surrogates."""


@st.composite
def changed(draw: st.DrawFn, document: Any, *, places: int = 3) -> Any:
    """Draw the document with up to `places` values, at any depth, replaced, removed or added."""
    found = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, places))):
        holder, key = draw(st.sampled_from(_places(found) or [(None, None)]))
        if holder is None:
            return draw(values)
        match draw(st.sampled_from(["replace", "replace", "remove", "add"])):
            case "replace":
                holder[key] = draw(values)
            case "remove":
                del holder[key]
            case "add" if isinstance(holder, dict):
                holder[draw(texts)] = draw(values)
            case "add":
                holder.insert(key, draw(values))
    return found


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return all (container, index or key) pairs of a value."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    inner = [place for key in keys for place in _places(value[key])]
    return [*((value, key) for key in keys), *inner]
