"""Grades a run's stored rollouts with another grader."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from rft.adapters.processes import ForkedWorkers
from rft.contracts.dataset import DatasetRow
from rft.contracts.score_range import UNIT, ScoreBounds
from rft.grading.batch_sizes import BATCH_SAMPLES, MAX_PARALLEL
from rft.smoke_test.probes import Probe
from rft.smoke_test.replies import Scored, score
from rft.smoke_test.sampling import SampledRow
from rft_cli.errors import CommandError
from rft_cli.graders.grader_under_test import GraderUnderTest
from rft_cli.graders.score_changes import RescoredRollout
from rft_client.api_client import ApiClient
from rft_client.rows import read_rows

LOCAL_BATCH = 500
"""Answers per batch in a local process; a rule-based grader takes milliseconds for them."""
ROLLOUT = "rollout"

Rollout = Mapping[str, Any]
"""A rollout in the format of `GET /runs/{run_id}/rollouts`."""
Rows = Mapping[str, DatasetRow]
"""Task id → row."""


def run_rows(client: ApiClient, run_id: str) -> dict[str, DatasetRow]:
    """The run's training and validation rows. Raises ApiError, CommandError."""
    rows = {row.task_id: row for row in read_rows(client, run_id)}
    if not rows:
        raise CommandError(f"Run {run_id} has no prepared dataset, so there is nothing to grade by")
    return rows


def with_answers(rollouts: Iterable[Rollout], run_id: str, *, errors: bool = False) -> list[Rollout]:
    """The rollouts as a list. Raises CommandError if there are none or their texts were not stored.

    `errors`: only rollouts without a score were requested.
    """
    found = list(rollouts)
    if not found:
        raise CommandError(f"Run {run_id} has no rollouts {'without a score' if errors else 'to grade'}")
    missing = sum(each["answer"] is None for each in found)
    if missing:
        raise CommandError(
            f"{missing:,} of {len(found):,} rollouts have no stored answer: grading again needs a stack with "
            "CaptureAnswers=true when the run trained"
        )
    return found


def rescore(
    rollouts: Sequence[Rollout],
    rows: Rows,
    grader: GraderUnderTest,
    *,
    bounds: ScoreBounds = UNIT,
    workers: ForkedWorkers | None = None,
) -> Iterator[RescoredRollout]:
    """Old and new score of each rollout, in order. A deployed grader receives batches as in training.

    Answers to rows missing from the dataset, and answers that the grader does not score, are errors.
    """

    def graded(batch: Sequence[Rollout]) -> list[RescoredRollout]:
        return _graded(batch, rows, grader, bounds)

    for part in _mapped(graded, rollouts, grader=grader, workers=workers or ForkedWorkers()):
        yield from part


def _mapped(
    graded: Callable[[Sequence[Rollout]], list[RescoredRollout]],
    rollouts: Sequence[Rollout],
    *,
    grader: GraderUnderTest,
    workers: ForkedWorkers,
) -> Iterator[list[RescoredRollout]]:
    if grader.parallel:
        with ThreadPoolExecutor(MAX_PARALLEL, thread_name_prefix="grader") as pool:
            yield from pool.map(graded, _batches(rollouts, BATCH_SAMPLES))
    elif grader.forks:
        yield from workers.map(graded, _batches(rollouts, LOCAL_BATCH))
    else:
        yield from map(graded, _batches(rollouts, LOCAL_BATCH))


def _batches(rollouts: Sequence[Rollout], size: int) -> Iterator[list[Rollout]]:
    remaining = iter(rollouts)
    while batch := list(islice(remaining, size)):
        yield batch


def _graded(
    batch: Sequence[Rollout], rows: Rows, grader: GraderUnderTest, bounds: ScoreBounds
) -> list[RescoredRollout]:
    known = [each for each in batch if each["task_id"] in rows]
    probes = [_probe(number, each, rows) for number, each in enumerate(known)]
    reply = grader.invoke([probe.event() for probe in probes]) if probes else None
    scored = score(probes, reply.payload, reply.error, ROLLOUT, bounds) if reply else []
    by_place = {id(each): result for each, result in zip(known, scored, strict=True)}
    return [_rescored(each, by_place.get(id(each))) for each in batch]


def _probe(number: int, rollout: Rollout, rows: Rows) -> Probe:
    """Marks the sample as a probe, so that a deployed grader records no rollout. Sample ids are not unique in a run."""
    source = SampledRow(split="train", position=number, row=rows[rollout["task_id"]], size=0)
    return Probe(id=f"{rollout['id']}-{number}", kind=ROLLOUT, answer=rollout["answer"], source=source)


def _rescored(rollout: Rollout, scored: Scored | None) -> RescoredRollout:
    why = "the dataset has no such row" if scored is None else scored.error or ""
    return RescoredRollout(
        id=rollout["id"],
        row=rollout["task_id"] or "",
        before=rollout["score"],
        after=None if scored is None else scored.score,
        error=why,
    )


def as_lines(rescored: Iterable[RescoredRollout]) -> Iterator[str]:
    """JSON Lines: one object per rollout."""
    for each in rescored:
        yield json.dumps({"id": each.id, "task_id": each.row, "before": each.before, "after": each.after,
                          "error": each.error or None})  # fmt: skip
