"""Shared state of a console's pages: API client, pending calls, rollout readers and prompts."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from rft.contracts.http.api import RunView
from rft.contracts.http.experiments import ExperimentView
from rft_client.answers import typed
from rft_client.api_client import ApiClient
from rft_client.rows import read_prompts
from rft_console.access import Access
from rft_console.live import LiveCalls
from rft_console.rollout_index import RolloutIndex
from rft_console.rollout_reader import RolloutReader

MAX_READERS = 8
"""Maximum runs with rollouts on disk (LRU): a million of 600 characters take 1 GB."""
MAX_PROMPTS = 2
"""Maximum runs with prompts in memory (LRU): 20,000 of 3,000 characters take 60 MB."""


@dataclass
class Console:
    """`client`: client of the stack that the pages show. `close` stops threads and deletes temporary files."""

    client: ApiClient
    access: Access
    live: LiveCalls = field(default_factory=LiveCalls)
    _readers: dict[str, RolloutReader] = field(default_factory=dict)
    _prompts: dict[str, dict[str, str]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _prompt_lock: threading.Lock = field(default_factory=threading.Lock)
    _folder: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="rft-console-", ignore_cleanup_errors=True)
    )

    def run(self, run_id: str) -> RunView:
        """Raises Silence, ApiError."""
        return typed(RunView, self.live.answer(f"run {run_id}", lambda: self.client.run(run_id)))

    def runs(self, filters: dict[str, str], cursor: str | None, limit: int) -> dict[str, Any]:
        """A page of runs. Raises Silence, ApiError."""
        key = f"runs {sorted(filters.items())} {cursor}"
        return self.live.answer(key, lambda: self.client.runs(filters, limit=limit, cursor=cursor))

    def experiment(self, experiment_id: str) -> ExperimentView:
        """Raises Silence, ApiError."""
        found = self.live.answer(f"experiment {experiment_id}", lambda: self.client.experiment(experiment_id))
        return typed(ExperimentView, found)

    def experiments(self, limit: int) -> dict[str, Any]:
        """The newest experiments. Raises Silence, ApiError."""
        return self.live.answer("experiments", lambda: self.client.experiments(limit=limit))

    def rollouts(self, run: RunView) -> RolloutReader:
        """The run's reader, created if needed; starts reading new rollouts."""
        with self._lock:
            reader = self._readers.pop(run.run_id, None) or self._new_reader(run)
            self._readers[run.run_id] = reader
            oldest = next(iter(self._readers))
            unused = self._readers.pop(oldest) if len(self._readers) > MAX_READERS else None
            reader.refresh()
        if unused is not None:
            unused.stop()
        return reader

    def reader(self, run_id: str) -> RolloutReader | None:
        """The run's existing reader; None before its rollouts were opened. Does not start reading."""
        return self._readers.get(run_id)

    def prompts(self, run_id: str) -> dict[str, str]:
        """Task id → prompt of the run's prepared rows, cached. Raises ApiError, RftClientError."""
        with self._prompt_lock:
            found = self._prompts.pop(run_id, None) or read_prompts(self.client, run_id)
            self._prompts[run_id] = found
            if len(self._prompts) > MAX_PROMPTS:
                del self._prompts[next(iter(self._prompts))]
            return found

    def close(self) -> None:
        self.live.close()
        for reader in self._readers.values():
            reader.stop()
        self._folder.cleanup()

    def _new_reader(self, run: RunView) -> RolloutReader:
        per_step = run.metrics.rollouts_per_step if run.metrics else None
        file = Path(self._folder.name) / f"{next(self._numbers)}.sqlite3"
        return RolloutReader(self.client, run.run_id, RolloutIndex(file, rollouts_per_step=per_step))
