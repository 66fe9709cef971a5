"""A grader's findings as assertions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rft.contracts.checks import Check
from rft.contracts.findings import GraderFinding
from rft.smoke_test.sampling import SampledRow, candidate, choose
from rft.tasks.base import Task
from rft_cli.graders.grader_under_test import open_grader
from rft_cli.graders.local_rows import LocalRows, known_task, local_rows
from rft_cli.graders.local_smoke_test import smoke_test_locally

SEED = 42
BATCH_SECONDS = 10.0


@dataclass(frozen=True)
class GraderGate:
    """Findings of `rft grader test`. `checks` contains the measured values."""

    findings: tuple[GraderFinding, ...]
    checks: tuple[Check, ...]

    def assert_trusted(self, *, allow: Sequence[str] = (), strict: bool = False) -> None:
        """Raises AssertionError listing each blocking finding, with `strict` also warnings, except codes in `allow`."""
        faults = [f for f in self.findings if (strict or f.severity == "block") and f.code not in allow]
        if faults:
            lines = (f"{f.code}: {f.message} ({f.task_id}: {f.answer}). {f.fix}" for f in faults)
            raise AssertionError("\n".join(lines))

    def value(self, check: str) -> float:
        """A check's measured value (for `minimum`: the mean score of right answers). Raises KeyError if it has none."""
        found = {each.name: each.value for each in self.checks if each.value is not None}
        return found[check]


def gate_grader(grader: str, dataset: Path, *, task: str, limit: int) -> GraderGate:
    """Raises CommandError, DatasetInvalid, OSError."""
    known = known_task(task)
    rows = sampled_rows(local_rows(dataset, known), known, limit)
    tested = smoke_test_locally(open_grader(grader, batch_seconds=BATCH_SECONDS), rows, known, SEED)
    return GraderGate(tested.findings, tested.checks)


def sampled_rows(local: LocalRows, task: Task, limit: int) -> list[SampledRow]:
    """Rows with probes, sampled like in the smoke test."""
    rows = local.rows
    chosen = choose([candidate(row, task) for row in rows], limit, str(SEED))
    return [SampledRow("train", at, rows[at], len(rows[at].model_dump_json())) for at in sorted(chosen)]
