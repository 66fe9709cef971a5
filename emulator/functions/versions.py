"""Versions and aliases of one function: $LATEST is mutable, published versions are immutable."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

from emulator.functions.spec import LATEST, FunctionSpec


class UnknownVersion(KeyError):
    """The function has no version or alias of this name."""


class FunctionVersions:
    def __init__(self, latest: FunctionSpec, published: Iterable[FunctionSpec] = ()) -> None:
        """`published` are restored versions, oldest first."""
        self.latest = latest
        self.aliases: dict[str, str] = {}
        self._published = {spec.version: spec for spec in published}
        self._lock = threading.Lock()

    @property
    def published(self) -> list[FunctionSpec]:
        """Published versions, oldest first."""
        with self._lock:
            return list(self._published.values())

    def find(self, qualifier: str) -> FunctionSpec:
        """Return a version by number or alias; '' is $LATEST. Raises UnknownVersion."""
        if qualifier in ("", LATEST):
            return self.latest
        version = self.aliases.get(qualifier, qualifier)
        if version not in self._published:
            raise UnknownVersion(qualifier)
        return self._published[version]

    def publish(self, description: str) -> tuple[FunctionSpec, bool]:
        """Publish $LATEST and return the version and whether it is new.

        If code and configuration are unchanged, the last version is returned (Lambda API Reference, PublishVersion).
        """
        with self._lock:
            last = next(reversed(self._published.values()), None)
            if last and last.content == self.latest.content:
                return last, False
            number = int(last.version) + 1 if last else 1
            made = replace(self.latest, version=str(number), description=description or self.latest.description)
            self._published[made.version] = made
            return made, True

    def set_alias(self, alias: str, version: str) -> None:
        """Create an alias or point it to another version. Raises UnknownVersion."""
        if version != LATEST and version not in self._published:
            raise UnknownVersion(version)
        self.aliases[alias] = version

    def delete(self, version: str) -> None:
        """Delete a version. Raises UnknownVersion."""
        with self._lock:
            if self._published.pop(version, None) is None:
                raise UnknownVersion(version)
