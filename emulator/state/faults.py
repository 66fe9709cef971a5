"""Fault rules on disk: what has struck does not strike again because the emulator was started again."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from emulator.faults import Fault, Faults
from emulator.state.store import Record, Store

KIND = "faults"


class KeptFaults(Faults):
    """Rules that are written down as they come, count down and go."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._given: list[dict[str, Any]] = []
        self._kept: list[dict[str, Any]] | None = []
        self._keeping = threading.Lock()

    def begin(self, given: Sequence[Fault]) -> None:
        """Put rules into force: those left of before, if what is given now was given then; else what is given."""
        self._given = [fault.model_dump(mode="json") for fault in given]
        before = self._store.get(KIND, "") or {}
        left = before["left"] if before.get("given") == self._given else self._given
        for fault in left:
            super().add(Fault.model_validate(fault))
        self._kept = None
        self._keep()

    def add(self, fault: Fault) -> None:
        super().add(fault)
        self._keep()

    def clear(self) -> None:
        super().clear()
        self._keep()

    def take(self, *args: Any, **kwargs: Any) -> Fault | None:
        """See Faults."""
        found = super().take(*args, **kwargs)
        self._keep()
        return found

    def _keep(self) -> None:
        with self._keeping:
            left = [fault.model_dump(mode="json") for fault in self.listed()]
            if left != self._kept:
                self._kept = left
                self._store.put(Record(KIND, "", {"given": self._given, "left": left}))
