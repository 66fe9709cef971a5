"""Values that somebody could send in place of what is expected, for hypothesis."""

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
"""JSON, with the numbers that Python's reader takes beyond it, and texts with half a surrogate pair."""


@st.composite
def changed(draw: st.DrawFn, document: Any, *, places: int = 3) -> Any:
    """The document with up to `places` of its values, however deep, replaced, removed or joined by others."""
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
    """Each list or object with each of its indices or keys."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    inner = [place for key in keys for place in _places(value[key])]
    return [*((value, key) for key in keys), *inner]
