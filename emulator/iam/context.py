"""Condition keys of one request. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Context:
    """Keys, which IAM compares without regard to case, with their values; a key may have several."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, keys: Mapping[str, str | tuple[str, ...] | None]) -> Context:
        """Leaves out keys without a value."""
        listed = {name.lower(): (value,) if isinstance(value, str) else value for name, value in keys.items()}
        return cls({name: value for name, value in listed.items() if value is not None})

    def values(self, key: str) -> tuple[str, ...] | None:
        """None where the request has no such key."""
        return self.keys.get(key.lower())

    def single(self, key: str) -> str | None:
        """The value for a policy variable, which is none of a key with several."""
        found = self.keys.get(key.lower(), ())
        return found[0] if len(found) == 1 else None

    def joined(self, other: Context) -> Context:
        """Both requests' keys; the other's where both have one."""
        return Context({**self.keys, **other.keys})
