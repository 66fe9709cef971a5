"""The answers that are put to a grader, and the batches they travel in."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rft.contracts.dataset import SplitName
from rft.contracts.grading import rollout_event
from rft.smoke_test.sampling import SampledRow
from rft.tasks.base import Task

RIGHT, WRONG, MALFORMED, CANNED = "right", "wrong", "malformed", "canned"

CANNED_ANSWERS = (
    "This is a canned answer.",
    "I cannot answer that.",
    'Ungewöhnlich — 答え: {"score": 1.0} {completion} </answer>\n\n#### 0',
)
"""Never right, and awkward on purpose: other scripts, JSON, placeholders, a closing tag, blank lines."""

ANSWERS_PER_KIND = 3
"""Rows may bring any number of answers of their own; more than three of a kind cost calls and prove little."""

BATCH_SAMPLES = 32
BATCH_BYTES = 4 * 1024**2
"""Lambda takes 6 MB per synchronous invocation (Lambda quotas); the rest is room for answers and escapes."""


@dataclass(frozen=True)
class Probe:
    """One answer to one row. `id` is opaque: a grader must not be able to read the right score off it."""

    id: str
    kind: str
    answer: str
    source: SampledRow

    @property
    def split(self) -> SplitName | Literal["canned"]:
        """Where a score belongs in the report: canned answers belong to no split."""
        return "canned" if self.kind == CANNED else self.source.split

    @property
    def size(self) -> int:
        """Bytes in a payload, about."""
        return self.source.size + len(self.answer.encode())

    def event(self) -> dict[str, Any]:
        """The sample as Bedrock would send it."""
        return rollout_event(self.source.row, self.answer, id=self.id)


def canned(row: SampledRow, seed: int) -> list[Probe]:
    """The fixed batch that goes first and shows whether the grader answers at all, in the right form.

    The answers are fixed; prompt and reference are a real row's, since only those have the shape the grader reads.
    """
    return _probes(row, CANNED, CANNED_ANSWERS, seed)


def write_probes(rows: Sequence[SampledRow], task: Task, seed: int) -> list[Probe]:
    """Every answer the task knows for each row, in a seeded order, so that each batch is a mix."""
    probes = [probe for row in rows for probe in _of_row(row, task, seed)]
    random.Random(f"{seed}:order").shuffle(probes)  # noqa: S311 - a repeatable order, no secret
    return probes


def batches(probes: Sequence[Probe]) -> Iterator[list[Probe]]:
    """Cut into batches of at most BATCH_SAMPLES answers and BATCH_BYTES; a larger single sample goes alone."""
    batch: list[Probe] = []
    for probe in probes:
        full = len(batch) == BATCH_SAMPLES or sum(p.size for p in batch) + probe.size > BATCH_BYTES
        if batch and full:
            yield batch
            batch = []
        batch.append(probe)
    if batch:
        yield batch


def _of_row(row: SampledRow, task: Task, seed: int) -> Iterator[Probe]:
    known = task.probes(row.row)
    for kind, answers in ((RIGHT, known.right), (WRONG, known.wrong), (MALFORMED, known.malformed)):
        yield from _probes(row, kind, answers[:ANSWERS_PER_KIND], seed)


def _probes(row: SampledRow, kind: str, answers: Sequence[str], seed: int) -> list[Probe]:
    return [
        Probe(id=_id(f"{seed}:{row.split}:{row.position}:{kind}:{n}"), kind=kind, answer=answer, source=row)
        for n, answer in enumerate(answers)
    ]


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
