"""Experiment records, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rft.contracts.experiments.record import ExperimentRecord
from rft.errors import ExperimentNotFound, RunConflict
from rft.ports.storage import Clock
from rft.runs.records import from_cursor, to_cursor, utc_text


class MemoryExperiments:
    """Implements `rft.ports.experiments.Experiments`; newest last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.records: dict[str, ExperimentRecord] = {}

    def create(self, record: ExperimentRecord) -> ExperimentRecord:
        known = self.records.setdefault(record.experiment_id, record)
        if known.request != record.request:
            raise RunConflict(f"{known.experiment_id} belongs to a different request")
        return known

    def get(self, experiment_id: str) -> ExperimentRecord:
        if experiment_id not in self.records:
            raise ExperimentNotFound(f"Experiment {experiment_id} not found")
        return self.records[experiment_id]

    def change(self, experiment_id: str, change: Callable[[ExperimentRecord], ExperimentRecord]) -> ExperimentRecord:
        last = self.get(experiment_id)
        changed = change(last)
        if changed != last:
            changed = changed.model_copy(update={"version": last.version + 1, "updated_at": self._clock.now()})
            # a record that cannot be read back is rejected
            self.records[experiment_id] = ExperimentRecord.model_validate_json(changed.model_dump_json())
        return self.records[experiment_id]

    def unsettled(self) -> Iterator[ExperimentRecord]:
        return (record for record in list(self.records.values()) if not record.settled)

    def page(self, *, limit: int, cursor: str | None) -> tuple[tuple[ExperimentRecord, ...], str | None]:
        before = from_cursor(cursor) if cursor else "~"
        places = {f"{utc_text(record.created_at)}#{record.experiment_id}": record for record in self.records.values()}
        found = sorted((place for place in places if place < before), reverse=True)
        shown = found[:limit]
        return tuple(places[place] for place in shown), to_cursor(shown[-1]) if len(found) > limit else None
