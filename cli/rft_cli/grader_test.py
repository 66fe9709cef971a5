"""`rft grader test`: a grader on real rows with right, wrong and hostile answers, before it costs anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rft.contracts.dataset import DatasetRow
from rft.datasets.records import RawRecord, SourceBytes, read_records
from rft.datasets.render import row_body, row_end
from rft.errors import InvalidRequest
from rft.smoke_test.probes import answers, attacks_on, batches
from rft.smoke_test.replies import Scored, score
from rft.smoke_test.sampling import SampledRow, candidate, choose
from rft.tasks import task as task_named
from rft.tasks.base import BadRecord, Task
from rft_cli.errors import CommandError
from rft_cli.grader_report import figures, show
from rft_cli.graders import Tried, open_grader
from rft_cli.printing import Output, console_for, print_json

SEED = 42
RUN_ID = "grader-test-00000000"


def grader_test(named: str, *, dataset: Path, task: str | None, limit: int, output: Output) -> int:
    """Grade answers to up to `limit` rows and print what came of it; 1 where something is wrong.

    Raises CommandError, DatasetInvalid, OSError.
    """
    known = _task(task or named)
    rows, bad = _rows(dataset, known, limit)
    tried = open_grader(named)
    report = {
        "grader": tried.what,
        "task": known.name,
        "rows": len(rows),
        "bad_records": bad,
        **figures(list(_scored(tried, rows, known))),
    }
    if output == Output.JSON:
        print_json(report)
    else:
        show(console_for(output), report)
    return 1 if report["findings"] else 0


def _task(name: str) -> Task:
    try:
        return task_named(name)
    except InvalidRequest as error:
        raise CommandError(f"--task: {error.message}") from error


def _rows(dataset: Path, task: Task, limit: int) -> tuple[list[SampledRow], int]:
    """Rows that can prove something, chosen as the smoke test does, and how many records made none."""
    with dataset.open("rb") as file:
        made = [_row(record, task) for record in read_records(SourceBytes(file))]
    rows = [row for row in made if row is not None]
    if not rows:
        raise CommandError(f"{dataset} holds no record that the task {task.name} can read")
    chosen = choose([candidate(row, task) for row in rows], limit, str(SEED))
    sampled = [SampledRow("train", at, rows[at], len(rows[at].model_dump_json())) for at in sorted(chosen)]
    return sampled, len(made) - len(rows)


def _row(record: RawRecord, task: Task) -> DatasetRow | None:
    if record.problem:
        return None
    try:
        body = row_body(task.read(record.value), task, record.position)
    except BadRecord:
        return None
    return DatasetRow.model_validate_json(body + row_end(RUN_ID, "train"))


def _scored(tried: Tried, rows: Sequence[SampledRow], task: Task) -> Iterator[Scored]:
    probes = [probe for row in rows for probe in (*answers(row, task, SEED), *attacks_on(row, task, SEED))]
    for batch in batches(probes):
        reply = tried.ask([probe.event() for probe in batch])
        yield from score(batch, reply.payload, reply.error)
