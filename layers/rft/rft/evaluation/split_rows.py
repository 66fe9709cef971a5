"""Selects rows of a split and builds their prompts. Takes ports."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rft.contracts.dataset import DatasetRow, Manifest
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import EvaluationPart, PreparedDataset
from rft.evaluation.choice import row_limit, spread_over_groups, whole_groups
from rft.evaluation.compare import TestRow
from rft.evaluation.rollouts import chunks
from rft.evaluation.sampling import Prompt
from rft.ports.storage import ObjectStore
from rft.tasks import task as task_named
from rft.tasks.base import ComparesResponses, Task, comparison, row_group

MIRRORED_ROWS = 100
"""Rows answered again with swapped responses: 100 estimate a rate to within ten points."""

CHUNKS_PER_PART = 4
"""Chunk size of a part: 64 answers at 10 s, 16 in parallel, with grading take about two of a function's 15 minutes."""

MAX_PARTS = 150
"""Maximum parts per model: a part adds seven history events; a run of 240 hours has room for 300 parts.

Larger parts may exceed a function's timeout: a retry then resumes with the chunks that are not stored.
"""

Choice = Callable[[Sequence[str]], Sequence[int]]
"""Selects row numbers from the groups of all rows."""


@dataclass(frozen=True)
class EvaluationRows:
    """The selected test rows by row number, and their prompts in order."""

    rows: Mapping[int, TestRow]
    prompts: Sequence[Prompt]

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the selected rows' ids."""
        ids = "\n".join(row.row_id for row in self.rows.values())
        return f"sha256:{hashlib.sha256(ids.encode()).hexdigest()}"


def calibrated_rows(request: RunRequest, dataset: PreparedDataset) -> int:
    """Maximum number of training rows to answer."""
    rows = request.calibration.rows
    return dataset.train_rows if rows == "all" else rows


def calibration_rows(request: RunRequest, dataset: PreparedDataset, store: ObjectStore) -> dict[int, DatasetRow]:
    """Training rows, one per prompt group before any second one. Raises DatasetNotFound, the Retryable… errors."""
    task, seed = task_named(request.dataset.task), request.dataset.split.seed

    def choice(groups: Sequence[str]) -> Sequence[int]:
        return spread_over_groups(groups, calibrated_rows(request, dataset), seed)

    return _chosen(dataset.train_uri, task, choice, store)


def evaluation_rows(request: RunRequest, dataset: PreparedDataset, store: ObjectStore) -> EvaluationRows:
    """Rows of the held-out test split, in whole groups by the split's seed. Raises as calibration_rows."""
    task, evaluation = task_named(request.dataset.task), request.evaluation

    def choice(groups: Sequence[str]) -> Sequence[int]:
        return whole_groups(groups, row_limit(evaluation), request.dataset.split.seed)

    manifest = Manifest.model_validate_json(store.get_bytes(dataset.manifest_uri))
    rows = _chosen(manifest.files["test"].uri, task, choice, store)
    return EvaluationRows(
        rows={number: _test_row(row, task) for number, row in rows.items()},
        prompts=[*prompts(rows, evaluation.samples_per_row), *_mirrored(rows, task)],
    )


def parts(request: RunRequest, test_rows: int) -> tuple[EvaluationPart, ...]:
    """Divides both models' answers into parts by the number of test rows, without reading them."""
    rows = min(test_rows, row_limit(request.evaluation))
    compares = isinstance(task_named(request.dataset.task), ComparesResponses)
    answers = rows * request.evaluation.samples_per_row + (min(rows, MIRRORED_ROWS) if compares else 0)
    # The selection of whole groups may have fewer rows; chunks past the last prompt are then empty.
    total = chunks(answers)
    each = max(CHUNKS_PER_PART, -(-total // MAX_PARTS))
    return tuple(
        EvaluationPart(model=model, first=first, chunks=min(each, total - first))
        for model in ("base", "tuned")
        for first in range(0, total, each)
    )


def prompts(rows: Mapping[int, DatasetRow], samples: int) -> list[Prompt]:
    return [Prompt(number, row, sample) for number, row in rows.items() for sample in range(samples)]


def _mirrored(rows: Mapping[int, DatasetRow], task: Task) -> list[Prompt]:
    compared = ((number, comparison(task, row)) for number, row in list(rows.items())[:MIRRORED_ROWS])
    return [Prompt(number, found.mirrored, mirrored=True) for number, found in compared if found]


def _test_row(row: DatasetRow, task: Task) -> TestRow:
    return TestRow(
        row_id=row.task_id,
        group=hashlib.sha256(row_group(task, row).encode("utf-8", "surrogatepass")).hexdigest()[:16],
        label=task.label(row),
        data_source=row.data_source,
        characters=len(row.prompt),
        comparison=comparison(task, row),
    )


def _chosen(uri: str, task: Task, choice: Choice, store: ObjectStore) -> dict[int, DatasetRow]:
    # Reads the file twice, so that only the selected rows are in memory.
    chosen = set(choice([row_group(task, _row(line)) for line in store.lines(uri)]))
    return {number: _row(line) for number, line in enumerate(store.lines(uri)) if number in chosen}


def _row(line: bytes) -> DatasetRow:
    return DatasetRow.model_validate_json(line)
