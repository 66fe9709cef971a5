"""What is sent to a grader, in which order and company.

Cheap and telling trials come first, so that a broken grader costs little, and so do those whose size is fixed: what
grows with the sample takes no time from them. The load comes last, as what it does to a judge may last.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rft.contracts.probe_batches import SmokeTestPart
from rft.contracts.smoke_test import Calls
from rft.grading.batch_sizes import BATCH_SAMPLES, MAX_PARALLEL, ROLLOUTS_PER_STEP
from rft.smoke_test.probes import (
    ATTACKED_ROWS,
    OFF_TOPIC,
    RIGHT,
    SWAPPED,
    WRONG,
    Probe,
    answers,
    attacks_on,
    batches,
    canned,
    mirrored,
    shuffled,
)
from rft.smoke_test.replies import SWEEP
from rft.smoke_test.sampling import SampledRow
from rft.smoke_test.shapes import SHAPES
from rft.tasks.base import Task

FIRST, ATTACKS, ALONE, REORDERED, LOAD = "canned", "attacks", "alone", "reordered", "load"
ROUNDS = ("round 1", "round 2", "round 3")

PARALLELISM = 4
"""Batches under way at once: a judge that fans out 16 calls per batch then meets 64, well under common quotas."""

REPEATED_ROWS = 10
"""A right and a wrong answer of each are asked again: 20 answers, three rounds."""

FEW = 8
"""Answers that are asked alone and in each payload shape."""

PART_ASKS = 2 * PARALLELISM
"""What one of many functions asks. Each batch is waited for for 300 s at most, so two rounds of them end in 600 s:
within a Lambda's 900 s, however slow the grader is."""


@dataclass(frozen=True)
class Ask:
    """One call of the grader."""

    trial: str
    batch: tuple[Probe, ...]

    def event(self) -> list[dict[str, Any]]:
        """The payload, in the shape that the trial is named after, else flat."""
        shape = SHAPES.get(self.trial, dict)
        return [shape(probe.event()) for probe in self.batch]


@dataclass(frozen=True)
class Phase:
    """Calls of which `parallel` may be under way at once. The next phase starts when all are answered.

    `grows`: there are more of them, the more rows are sampled, so that several functions may have to make them.
    """

    asks: tuple[Ask, ...]
    parallel: int = PARALLELISM
    grows: bool = False


Plan = tuple[Phase, ...]


def plan(rows: Sequence[SampledRow], task: Task, seed: int, *, rollouts_per_step: int = ROLLOUTS_PER_STEP) -> Plan:
    """Every call, in phases. `rows` holds at least one."""
    asked = [answers(row, task, seed) for row in rows]
    again = _repeated(asked, seed)
    besides = [p for row in _attacked(rows) for p in (*attacks_on(row, task, seed), *mirrored(row, task, seed))]
    return (
        Phase((Ask(FIRST, tuple(canned(rows[0], seed))),)),
        Phase(tuple(Ask(shape, again[:FEW]) for shape in SHAPES)),
        Phase(tuple(Ask(name, again) for name in ROUNDS), parallel=1),
        Phase((Ask(REORDERED, again[::-1]), *(Ask(ALONE, (probe,)) for probe in again[:FEW]))),
        Phase(_swept(SWEEP, [probe for row in asked for probe in row], seed), grows=True),
        Phase(_swept(ATTACKS, besides, seed), grows=True),
        Phase(tuple(Ask(LOAD, batch) for batch in _load(asked, rollouts_per_step)), parallel=MAX_PARALLEL),
    )


def numbered(plan: Plan) -> Iterator[tuple[Phase, dict[int, Ask]]]:
    """Each phase with its calls by number: their place in the whole plan, from 0."""
    numbers = itertools.count()
    for phase in plan:
        yield phase, {number: ask for ask, number in zip(phase.asks, numbers, strict=False)}


def by_number(plan: Plan) -> dict[int, Ask]:
    """Every call of the plan."""
    return {number: ask for _, asks in numbered(plan) for number, ask in asks.items()}


def parts(numbers: Sequence[int], first: int) -> tuple[SmokeTestPart, ...]:
    """Calls shared out among functions; the parts are counted from `first` on."""
    shares = (tuple(numbers[at : at + PART_ASKS]) for at in range(0, len(numbers), PART_ASKS))
    return tuple(SmokeTestPart(number=number, batches=share) for number, share in enumerate(shares, first))


def calls(plan: Plan) -> Calls:
    """What the plan costs if nothing stops it."""
    asks = [ask for phase in plan for ask in phase.asks]
    sent = [probe for ask in asks for probe in ask.batch]
    return Calls(invocations=len(asks), answers=len(sent), right_answers=sum(probe.right for probe in sent))


def _swept(trial: str, probes: Sequence[Probe], seed: int) -> tuple[Ask, ...]:
    return tuple(Ask(trial, batch) for batch in batches(shuffled(probes, seed, trial)))


def _attacked(rows: Sequence[SampledRow]) -> list[SampledRow]:
    """At most ATTACKED_ROWS, evenly spaced, so that all splits are among them."""
    count = min(len(rows), ATTACKED_ROWS)
    return [rows[n * len(rows) // count] for n in range(count)]


def _repeated(asked: Sequence[Sequence[Probe]], seed: int) -> tuple[Probe, ...]:
    """One right and one wrong answer of a few rows, those with both first; shorter where the dataset has fewer."""
    pairs = sorted((_pair(row) for row in asked), key=len, reverse=True)
    chosen = [probe for pair in pairs[:REPEATED_ROWS] for probe in pair]
    return next(batches(shuffled(chosen, seed, "repeated")), ())


def _pair(row: Sequence[Probe]) -> list[Probe]:
    """The right answer and the best known wrong one."""
    own = {probe.kind: probe for probe in reversed(row)}
    wrong = own.get(WRONG) or own.get(SWAPPED) or own[OFF_TOPIC]
    return [own[RIGHT], wrong] if RIGHT in own else [wrong]


def _load(asked: Sequence[Sequence[Probe]], rollouts: int) -> Iterator[tuple[Probe, ...]]:
    """As many batches as a training step is expected to send at once.

    Half right answers and half wrong: a judge that is asked about right ones alone has as much to do when training
    starts.
    """
    pairs = [_pair(row) for row in asked]
    wanted = min(rollouts, MAX_PARALLEL * BATCH_SAMPLES)
    laps = (probe.again(lap) for lap in itertools.count() for pair in pairs for probe in pair)
    sent = list(itertools.islice(laps, wanted))
    return itertools.islice(batches(sent), math.ceil(wanted / BATCH_SAMPLES))
