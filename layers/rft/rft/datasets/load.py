"""Turns raw records into rows, keeping account of those that cannot be used."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rft.contracts.dataset import BadRecord
from rft.datasets.bounds import too_many_records
from rft.datasets.records import RawRecord
from rft.datasets.spool import RowSpool
from rft.errors import DatasetInvalid
from rft.tasks.base import BadRecord as Unusable
from rft.tasks.base import Example, Task

MOST_PROBLEMS = 1000
"""So many bad records beyond those allowed are looked for; a file that has more is not the task's at all."""


@dataclass
class Loaded:
    """What reading gave: `records` counts all of them, `warnings` the oddities that were kept, by kind."""

    records: int = 0
    bad: list[BadRecord] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)


def load_rows(
    records: Iterable[RawRecord],
    *,
    task: Task,
    run_id: str,
    spool: RowSpool,
    max_samples: int | None,
    max_bad: int,
    max_rows: int,
) -> Loaded:
    """Read the first `max_samples` records into `spool`.

    Raises DatasetInvalid, listing every bad record by its position, if there are more than `max_bad`, and
    DatasetSizeOutOfBounds as soon as there are more than `max_rows` good ones.
    """
    loaded = Loaded()
    try:
        for record in islice(records, max_samples):
            loaded.records += 1
            _load_row(record, task, run_id, spool, loaded)
            if len(loaded.bad) > max_bad + MOST_PROBLEMS:
                break
            if len(spool) > max_rows:
                raise too_many_records(f"the dataset holds more than {max_rows:,} records")
    except DatasetInvalid as error:
        raise DatasetInvalid(str(error), problems(loaded.bad)) from error
    if len(loaded.bad) > max_bad:
        raise DatasetInvalid(_summary(loaded, max_bad), problems(loaded.bad))
    return loaded


def problems(bad: Iterable[BadRecord]) -> list[str]:
    """One line for each bad record."""
    return [f"record {each.position}: {each.reason}" for each in bad]


def _load_row(record: RawRecord, task: Task, run_id: str, spool: RowSpool, loaded: Loaded) -> None:
    try:
        example = _example(record, task)
        line = _line(row(example, task=task, position=record.position, run_id=run_id))
    except Unusable as error:
        loaded.bad.append(BadRecord(position=record.position, reason=str(error)))
    else:
        spool.add(line, group=example.group, label=example.label or "")
        loaded.warnings.update(set(example.warnings))


def _example(record: RawRecord, task: Task) -> Example:
    if record.problem:
        raise Unusable(record.problem)
    return task.read(record.value)


def row(example: Example, *, task: Task, position: int, run_id: str) -> dict[str, Any]:
    """A DatasetRow as a plain object, its keys in their order in the file. The run id is always this run's."""
    extra = dict(example.extra or {})
    return {
        "messages": [message.model_dump() for message in example.messages],
        "reference_answer": example.reference_answer,
        "task_id": extra.pop("task_id", f"{task.name}-{position:06d}"),
        "domain": example.domain,
        "data_source": extra.pop("data_source", task.name),
        **extra,
        "run_id": run_id,
    }


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _summary(loaded: Loaded, max_bad: int) -> str:
    looked = "" if len(loaded.bad) <= max_bad + MOST_PROBLEMS else " (reading stopped there)"
    return (
        f"{len(loaded.bad)} of {loaded.records} records{looked} cannot be used, and dataset.max_bad_records allows "
        f"{max_bad}: mend them, or raise it to go on without them"
    )
