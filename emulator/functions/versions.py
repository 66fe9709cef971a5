"""Versions and aliases of one function: $LATEST changes with each deployment, a published version never does."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

from emulator.functions.spec import LATEST, FunctionSpec


class UnknownVersion(KeyError):
    """The function has no version or alias of this name."""


class FunctionVersions:
    """All that can be invoked under one function's name."""

    def __init__(self, latest: FunctionSpec, published: Iterable[FunctionSpec] = ()) -> None:
        """`published` are versions of before, oldest first."""
        self.latest = latest
        self.aliases: dict[str, str] = {}
        self._published = {spec.version: spec for spec in published}
        self._lock = threading.Lock()

    @property
    def published(self) -> list[FunctionSpec]:
        """Oldest first."""
        with self._lock:
            return list(self._published.values())

    def find(self, qualifier: str) -> FunctionSpec:
        """By version or alias; '' is $LATEST. Raises UnknownVersion."""
        if qualifier in ("", LATEST):
            return self.latest
        version = self.aliases.get(qualifier, qualifier)
        if version not in self._published:
            raise UnknownVersion(qualifier)
        return self._published[version]

    def publish(self, description: str) -> tuple[FunctionSpec, bool]:
        """A version of $LATEST as it is now; whether it is new.

        The last version is returned where code and configuration are unchanged since (Lambda API Reference,
        PublishVersion).
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
        """Point an alias at a version. Raises UnknownVersion."""
        if version != LATEST and version not in self._published:
            raise UnknownVersion(version)
        self.aliases[alias] = version

    def delete(self, version: str) -> None:
        """Raises UnknownVersion."""
        with self._lock:
            if self._published.pop(version, None) is None:
                raise UnknownVersion(version)
