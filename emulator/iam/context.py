"""Condition keys of one request. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Context:
    """Condition keys (case-insensitive) with their values; a key may have several values."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, keys: Mapping[str, str | tuple[str, ...] | None]) -> Context:
        """Create a context; keys with the value None are left out."""
        listed = {name.lower(): (value,) if isinstance(value, str) else value for name, value in keys.items()}
        return cls({name: value for name, value in listed.items() if value is not None})

    def values(self, key: str) -> tuple[str, ...] | None:
        """Return the values of a key; returns None if the request does not have it."""
        return self.keys.get(key.lower())

    def single(self, key: str) -> str | None:
        """Return the value for a policy variable; returns None unless the key has exactly one value."""
        found = self.keys.get(key.lower(), ())
        return found[0] if len(found) == 1 else None

    def joined(self, other: Context) -> Context:
        """Merge two contexts; `other` takes precedence."""
        return Context({**self.keys, **other.keys})
