"""Stored rollouts, in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from rft.contracts.telemetry import Rollout
from rft.ports.training import StoredRollouts
from rft.training.rollouts import rollouts_key, rollouts_prefix


class MemoryRollouts:
    """Objects by run and name; None is an object without valid rollouts.

    `read_names` has the objects read, in order. Exceptions in `fails_with` are raised once each by the next read, those
    in `fails_to_list` by the next listing. `on_read` is called for each read, for example to advance the clock.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Sequence[Rollout] | None]] = {}
        self.read_names: list[str] = []
        self.fails_with: list[Exception] = []
        self.fails_to_list: list[Exception] = []
        self.on_read: Callable[[], object] = lambda: None

    def put(self, run_id: str, at: datetime, rollouts: Sequence[Rollout] | None, *, token: str = "") -> str:
        """Store an object as a grader would at time `at`, and return its name."""
        of_run = self.objects.setdefault(run_id, {})
        name = rollouts_key(run_id, at, token or f"{len(of_run):08x}").removeprefix(rollouts_prefix(run_id))
        of_run[name] = rollouts
        return name

    def after(self, run_id: str, name: str, *, most: int) -> list[StoredRollouts]:
        if self.fails_to_list:
            raise self.fails_to_list.pop(0)
        later = sorted(each for each in self.objects.get(run_id, {}) if each > name)
        return [StoredRollouts(each, 1000) for each in later[:most]]

    def read(self, run_id: str, names: Sequence[str]) -> Iterator[Sequence[Rollout] | None]:
        for name in names:
            if self.fails_with:
                raise self.fails_with.pop(0)
            self.on_read()
            self.read_names.append(name)
            yield self.objects[run_id].get(name)


class ListedRollouts:
    """One object per time, with rollouts generated on read; counts listings and reads.

    `rows_of` returns the rollouts of an object by number.
    """

    def __init__(self, times: Iterable[datetime], rows_of: Callable[[int], Sequence[Rollout]] = lambda _: ()) -> None:
        keys = (rollouts_key("", at, f"{number:08x}") for number, at in enumerate(times))
        self.names = [key.removeprefix(rollouts_prefix("")) for key in keys]
        self.listings = 0
        self.read_objects = 0
        self._rows_of = rows_of

    def after(self, run_id: str, name: str, *, most: int) -> list[StoredRollouts]:
        self.listings += 1
        begin = bisect_right(self.names, name)
        return [StoredRollouts(each, 1000) for each in self.names[begin : begin + most]]

    def read(self, run_id: str, names: Sequence[str]) -> Iterator[Sequence[Rollout]]:
        for name in names:
            self.read_objects += 1
            yield self._rows_of(bisect_right(self.names, name) - 1)
