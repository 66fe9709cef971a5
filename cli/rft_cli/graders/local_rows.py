"""Prepares rows locally from raw records, as a run would."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rft.contracts.dataset import DatasetRow
from rft.datasets.records import RawRecord, SourceBytes, read_records
from rft.datasets.render import row_body, row_end
from rft.errors import InvalidRequest
from rft.tasks import task as task_named
from rft.tasks.base import BadRecord, Task
from rft_cli.errors import CommandError

RUN_ID = "grader-test-00000000"


@dataclass(frozen=True)
class LocalRows:
    """Rows, the group of each, and the reason for each rejected record."""

    rows: list[DatasetRow]
    groups: list[str]
    problems: list[str]


def known_task(name: str) -> Task:
    """Returns the task with this name. Raises CommandError."""
    try:
        return task_named(name)
    except InvalidRequest as error:
        raise CommandError(f"--task: {error.message}") from error


def local_rows(dataset: Path, task: Task) -> LocalRows:
    """Prepares all rows of a file. Raises CommandError, DatasetInvalid, OSError."""
    with dataset.open("rb") as file:
        rendered = [_row(record, task) for record in read_records(SourceBytes(file))]
    rows = [each for each in rendered if not isinstance(each, str)]
    problems = [each for each in rendered if isinstance(each, str)]
    if not rows:
        first = f": {problems[0]}" if problems else ""
        raise CommandError(f"{dataset} contains no record that task {task.name} can read{first}")
    return LocalRows([row for row, _ in rows], [group for _, group in rows], problems)


def _row(record: RawRecord, task: Task) -> tuple[DatasetRow, str] | str:
    """The row and its group, or why there is none."""
    if record.problem:
        return f"record {record.position}: {record.problem}"
    try:
        example = task.read(record.value)
        body = row_body(example, task, record.position)
    except BadRecord as error:
        return f"record {record.position}: {error}"
    return DatasetRow.model_validate_json(body + row_end(RUN_ID, "train")), example.group
