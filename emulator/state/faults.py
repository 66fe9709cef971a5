"""Persists fault rules, so that a used-up fault is not injected again after a restart."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from emulator.faults import Fault, Faults
from emulator.state.store import Record, Store

KIND = "faults"


class PersistentFaults(Faults):
    """Fault rules, persisted with each change of the list or of a count."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._initial: list[dict[str, Any]] = []
        self._saved: list[dict[str, Any]] | None = []
        self._saving = threading.Lock()

    def activate(self, initial: Sequence[Fault]) -> None:
        """Activate the persisted remaining rules if `initial` is the same as at the last start, else `initial`."""
        self._initial = [fault.model_dump(mode="json") for fault in initial]
        saved = self._store.get(KIND, "") or {}
        remaining = saved["remaining"] if saved.get("initial") == self._initial else self._initial
        for fault in remaining:
            super().add(Fault.model_validate(fault))
        self._saved = None
        self._save()

    def add(self, fault: Fault) -> None:
        super().add(fault)
        self._save()

    def clear(self) -> None:
        super().clear()
        self._save()

    def take(self, *args: Any, **kwargs: Any) -> Fault | None:
        found = super().take(*args, **kwargs)
        self._save()
        return found

    def _save(self) -> None:
        with self._saving:
            remaining = [fault.model_dump(mode="json") for fault in self.listed()]
            if remaining != self._saved:
                self._saved = remaining
                self._store.put(Record(KIND, "", {"initial": self._initial, "remaining": remaining}))
