"""The batches to send to a grader, in order. Pure.

Cheap, decisive trials come first, so that a broken grader costs little, then those of fixed size, so that trials that
grow with the sample take no time from them. The load trial comes last, since it may throttle a judge for a while.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rft.contracts.dataset import SplitName
from rft.contracts.probe_batches import ProbePart
from rft.contracts.smoke_test import Calls
from rft.errors import StalePlan
from rft.grading.batch_sizes import BATCH_SAMPLES, MAX_PARALLEL, ROLLOUTS_PER_STEP
from rft.smoke_test.derived import derived, few_rows
from rft.smoke_test.probes import (
    ATTACKED_ROWS,
    OFF_TOPIC,
    PADDED,
    RIGHT,
    SWAPPED,
    WRONG,
    Probe,
    answers,
    attacks_on,
    batches,
    canned,
    exchanged_ids,
    long_answers,
    mirrored,
    shuffled,
)
from rft.smoke_test.replies import SWEEP
from rft.smoke_test.sampling import SampledRow
from rft.smoke_test.shapes import CONVERSATION, SHAPES, VARIANTS
from rft.tasks.base import Comparison, Task, comparison

FIRST, ATTACKS, ALONE, REORDERED, LOAD = "canned", "attacks", "alone", "reordered", "load"
DERIVED, SAME_ID, LONG = "derived", "same id", "long"
ANOTHER_TIME = "another time"
"""The grader's clock is ahead, by half a week, then by another month, hour and minute. Not in a run's plan: where the
grader runs on another machine, its clock cannot be set."""

ROUNDS = ("round 1", "round 2", "round 3")

PARALLELISM = 4
"""Concurrent batches: 64 concurrent judge calls at 16 per batch, well below common quotas."""

REPEATED_ROWS = 10
"""Rows whose right and wrong answers are sent again: 20 answers in three rounds."""

PADDED_ROWS = 24
"""Padded rows of a sample or an extension: each padded answer costs a judge call; undecided checks get more."""

FEW = 8
"""Answers that are sent alone and in each payload shape."""

PART_BATCHES = 2 * PARALLELISM
"""Batches per function. A batch times out after 300 s, so two rounds take at most 600 of a Lambda's 900 s."""


@dataclass(frozen=True)
class ProbeBatch:
    trial: str
    probes: tuple[Probe, ...]

    def event(self) -> list[dict[str, Any]]:
        """The payload in the shape that the trial is named after, else flat."""
        shape = VARIANTS.get(self.trial, dict)
        return [shape(probe.event()) for probe in self.probes]


@dataclass(frozen=True)
class Phase:
    """Batches by number, of which `parallel` may run concurrently. The next phase starts after all replies.

    `grows`: the number of batches grows with the sample, so several functions may have to send them. `extends`: the
    batches are sent only while a check is undecided.
    """

    batches: Mapping[int, ProbeBatch]
    parallel: int = PARALLELISM
    grows: bool = False
    extends: bool = False


@dataclass(frozen=True)
class SmokeTestPlan:
    """Every batch; its number is its index in the plan.

    `requested`: rows requested of each split. `comparisons`: the rows that compare two responses.
    """

    phases: tuple[Phase, ...]
    requested: Mapping[SplitName, int] = field(default_factory=dict)
    comparisons: Mapping[tuple[str, int], Comparison] = field(default_factory=dict)

    @cached_property
    def batches(self) -> dict[int, ProbeBatch]:
        return {number: batch for phase in self.phases for number, batch in phase.batches.items()}

    @property
    def calls(self) -> Calls:
        """Calls and answers if nothing stops the plan and no check is undecided; the maximum of answers if one is."""
        batches = [batch for phase in self.phases if not phase.extends for batch in phase.batches.values()]
        sent = [probe for batch in batches for probe in batch.probes]
        right = sum(probe.right for probe in sent)
        most = sum(len(batch.probes) for batch in self.batches.values())
        return Calls(invocations=len(batches), answers=len(sent), right_answers=right, most_answers=most)

    def select(self, numbers: Sequence[int]) -> dict[int, ProbeBatch]:
        """Batches by their numbers. Raises StalePlan for a number that the plan does not have."""
        if missing := [number for number in numbers if number not in self.batches]:
            raise StalePlan(f"the smoke test's plan has no batch {missing[0]}; start the run again")
        return {number: self.batches[number] for number in numbers}


def divide(pending: Sequence[int], first: int) -> tuple[ProbePart, ...]:
    """Splits pending batches into parts, one for each function, numbered from `first`."""
    shares = (tuple(pending[at : at + PART_BATCHES]) for at in range(0, len(pending), PART_BATCHES))
    return tuple(ProbePart(number=number, batches=share) for number, share in enumerate(shares, first))


def build_plan(
    rows: Sequence[SampledRow],
    task: Task,
    seed: int,
    *,
    requested: Mapping[SplitName, int] | None = None,
    rollouts_per_step: int = ROLLOUTS_PER_STEP,
    extensions: Sequence[Sequence[SampledRow]] = (),
    all_derived: bool = False,
) -> SmokeTestPlan:
    """Every batch, in phases. `rows` has at least one; `extensions` are rows to add while a check is undecided.

    `all_derived`: derived probes for every row, for a grader without cost per call, instead of for a few rows.
    """
    own = [answers(row, task, seed) for row in rows]
    again = _repeated(own, seed)
    numbers = itertools.count()

    def phase(batches: Iterable[ProbeBatch], parallel: int = PARALLELISM, **flags: bool) -> Phase:
        return Phase({next(numbers): batch for batch in batches}, parallel, **flags)

    phases = (
        phase([ProbeBatch(FIRST, tuple(canned(rows[0], seed)))]),
        phase(ProbeBatch(shape, again[:FEW]) for shape in SHAPES),
        phase((ProbeBatch(name, again) for name in ROUNDS), parallel=1),
        phase(_in_other_company(again)),
        phase(_swept(SWEEP, [probe for row in own for probe in row], seed), grows=True),
        phase(_swept(ATTACKS, _hostile(_evenly(rows, ATTACKED_ROWS), task, seed), seed), grows=True),
        phase(_swept(DERIVED, _derived(rows, task, seed, everywhere=all_derived), seed), grows=True),
        *(phase(_extension(more, task, seed), grows=True, extends=True) for more in extensions if more),
        phase(ProbeBatch(LONG, (probe,)) for probe in long_answers(rows[0], seed)),
        phase((ProbeBatch(LOAD, batch) for batch in _load(own, rollouts_per_step)), parallel=MAX_PARALLEL),
    )
    everything = [row for each in (rows, *extensions) for row in each]
    return SmokeTestPlan(phases, requested or {}, _comparisons(everything, task))


def _in_other_company(again: tuple[Probe, ...]) -> list[ProbeBatch]:
    few = again[:FEW]
    return [
        ProbeBatch(REORDERED, again[::-1]),
        *(ProbeBatch(ALONE, (probe,)) for probe in few),
        ProbeBatch(SAME_ID, exchanged_ids(few)),
        ProbeBatch(CONVERSATION, few),
    ]


def _derived(rows: Sequence[SampledRow], task: Task, seed: int, *, everywhere: bool) -> list[Probe]:
    own = [derived(row, task, seed) for row in rows]
    return [probe for row in own for probe in row] if everywhere else list(few_rows(own))


def _hostile(rows: Sequence[SampledRow], task: Task, seed: int) -> list[Probe]:
    padded = {row.key for row in _evenly(rows, PADDED_ROWS)}
    found = [p for row in rows for p in (*attacks_on(row, task, seed), *mirrored(row, task, seed))]
    return [p for p in found if p.kind != PADDED or p.source.key in padded]


def _extension(rows: Sequence[SampledRow], task: Task, seed: int) -> tuple[ProbeBatch, ...]:
    own = [answers(row, task, seed) for row in rows]
    again = _repeated(own, seed)
    return (
        *_swept(SWEEP, [probe for row in own for probe in row], seed),
        *_swept(ATTACKS, _hostile(rows, task, seed), seed),
        *(ProbeBatch(name, again) for name in ROUNDS),
    )


def _comparisons(rows: Sequence[SampledRow], task: Task) -> dict[tuple[str, int], Comparison]:
    found = ((row.key, comparison(task, row.row)) for row in rows)
    return {key: compared for key, compared in found if compared is not None}


def _swept(trial: str, probes: Sequence[Probe], seed: int) -> tuple[ProbeBatch, ...]:
    return tuple(ProbeBatch(trial, batch) for batch in batches(shuffled(probes, seed, trial)))


def _evenly(rows: Sequence[SampledRow], most: int) -> list[SampledRow]:
    # Evenly spaced, so that all splits are represented.
    count = min(len(rows), most)
    return [rows[n * len(rows) // count] for n in range(count)]


def _repeated(rows: Sequence[Sequence[Probe]], seed: int) -> tuple[Probe, ...]:
    """One right and one wrong answer of a few rows, those with both first; fewer if the dataset has fewer."""
    pairs = sorted((_pair(row) for row in rows), key=len, reverse=True)
    chosen = [probe for pair in pairs[:REPEATED_ROWS] for probe in pair]
    return next(batches(shuffled(chosen, seed, "repeated")), ())


def _pair(row: Sequence[Probe]) -> list[Probe]:
    """The right answer and the best known wrong one."""
    own = {probe.kind: probe for probe in reversed(row)}
    wrong = own.get(WRONG) or own.get(SWAPPED) or own[OFF_TOPIC]
    return [own[RIGHT], wrong] if RIGHT in own else [wrong]


def _load(rows: Sequence[Sequence[Probe]], rollouts: int) -> Iterator[tuple[Probe, ...]]:
    """The parallel batches that a training step is expected to send."""
    # Half of the answers are right: a judge that is called for right answers only then has the same load as at the
    # start of training.
    pairs = [_pair(row) for row in rows]
    size = min(rollouts, MAX_PARALLEL * BATCH_SAMPLES)
    laps = (probe.again(lap) for lap in itertools.count() for pair in pairs for probe in pair)
    sent = list(itertools.islice(laps, size))
    return itertools.islice(batches(sent), math.ceil(size / BATCH_SAMPLES))
