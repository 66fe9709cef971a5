"""Experiment records in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rft.contracts.experiments.record import ExperimentRecord
from rft.errors import ExperimentNotFound, RunConflict
from rft.ports.storage import Clock


class MemoryExperiments:
    """`rft.ports.experiments.Experiments`, newest last."""

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
            # what cannot be read back is never stored
            self.records[experiment_id] = ExperimentRecord.model_validate_json(changed.model_dump_json())
        return self.records[experiment_id]

    def unsettled(self) -> Iterator[ExperimentRecord]:
        return (record for record in list(self.records.values()) if not record.settled)

    def page(self, *, limit: int, cursor: str | None) -> tuple[tuple[ExperimentRecord, ...], str | None]:
        ids = sorted(self.records, key=lambda each: (self.records[each].created_at, each), reverse=True)
        first = ids.index(cursor) + 1 if cursor else 0
        shown = ids[first : first + limit]
        return tuple(self.records[each] for each in shown), shown[-1] if first + limit < len(ids) else None
