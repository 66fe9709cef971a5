"""A JSON value of the same type that differs. Pure."""

from __future__ import annotations

from typing import Any


def other_value(value: Any) -> Any:
    """The other truth value, another number, a denied text, a list without its last item; of an object its first field.

    An empty list or object gets an item, null becomes a text.
    """
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return 2 * value + 3 if 2 * value + 3 != value else value + 5
    if isinstance(value, list):
        return value[:-1] or [*value, "something else"]
    if isinstance(value, dict):
        return {key: other_value(each) if n == 0 else each for n, (key, each) in enumerate(value.items())} or {"a": 1}
    return "something else" if value is None else f"not {value}"
