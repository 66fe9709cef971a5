"""Reads a dataset's rows once and notes what the checks of prompts and references go by.

At most MOST_ROWS rows and about MOST_CHARACTERS of text are read, evenly spaced in each split, so that the time is
bounded. Same rows, same survey.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from rft.contracts.dataset import SplitName
from rft.contracts.smoke_test import Example
from rft.datasets.duplicates import Seen
from rft.datasets.split import NAMES
from rft.datasets.traits import Traits, TraitsReader, Wording

MOST_ROWS = 20_000
MOST_CHARACTERS = 60_000_000
WORDING_ROWS = 400
FIRST_ROWS = 100
BATCH_ROWS = 64
SHOWN = 3

Body = Callable[[SplitName, int], bytes]
"""The n-th row of a split as JSON."""

Batch = list[tuple[str, bytes]]
Share = Callable[[Callable[[Batch], list[Traits]], Iterator[Batch]], Iterator[list[Traits]]]
"""Does work on each batch, in their order, on as many cores as there are."""


@dataclass
class Rows:
    """How many, and the first few of them."""

    count: int = 0
    first: list[Example] = field(default_factory=list)

    def add(self, task_id: str, detail: str) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(Example(task_id=task_id, detail=detail))


@dataclass
class Survey:
    """What reading gave. `rows` counts those read by split, `scripts` their prompts' letters by writing system.

    `references` has the first two that differ, by their digests.
    """

    rows: Counter[str] = field(default_factory=Counter)
    repeated: Rows = field(default_factory=Rows)
    near: Rows = field(default_factory=Rows)
    leaked: Rows = field(default_factory=Rows)
    empty: Rows = field(default_factory=Rows)
    references: set[bytes] = field(default_factory=set)
    scripts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in NAMES})


def survey(rows: Mapping[SplitName, int], body: Body, share: Share = map) -> Survey:
    """Read the rows, of which there are so many in each split; `body` may be asked for one twice.

    Training rows come first, so that those of the other splits can be held against them.
    """
    first = (len(body("train", n)) for n in range(min(FIRST_ROWS, rows["train"])))
    return survey_sample(rows, body, sample_step(rows, list(first)), share)


def survey_sample(rows: Mapping[SplitName, int], body: Body, step: int, share: Share = map) -> Survey:
    """As `survey`, of every so-many-th row of each split, from its first on."""
    chosen = {name: range(0, rows[name], step) for name in NAMES}
    read = TraitsReader(_wording(chosen["train"], body))
    rows_read = ((str(n), body(name, n)) for name in NAMES for n in chosen[name])
    splits = (name for name in NAMES for _ in chosen[name])
    found, seen = Survey(), {name: Seen() for name in NAMES}
    for name, traits in zip(splits, chain.from_iterable(share(read, _batches(rows_read))), strict=True):
        _note(found, name, traits, seen[name])
        if name != "train":
            _note_leak(found, name, traits, seen["train"])
    return found


def sample_step(rows: Mapping[SplitName, int], lengths: Sequence[int]) -> int:
    """1 to read all rows, else more; `lengths` of the first FIRST_ROWS training rows say how long a row is."""
    total, length = sum(rows.values()), sum(lengths) / max(1, len(lengths))
    return max(1, -(-total // MOST_ROWS), -(-int(total * length) // MOST_CHARACTERS))


def _wording(numbers: Sequence[int], body: Body) -> Wording:
    every = max(1, len(numbers) // WORDING_ROWS)
    return Wording.of([body("train", n) for n in numbers[::every]])


def _batches(rows: Iterator[tuple[str, bytes]]) -> Iterator[Batch]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


def _note(found: Survey, name: SplitName, traits: Traits, own: Seen) -> None:
    """`own` are the prompts of the row's own split so far."""
    found.rows[name] += 1
    found.scripts[name].update(traits.scripts)
    if traits.reference_blank:
        found.empty.add(traits.task_id, "its reference_answer holds nothing")
    if len(found.references) < 2:
        found.references.add(traits.reference)
    if own.exactly(traits.prompt):
        found.repeated.add(traits.task_id, f"an earlier row of {name} has the same prompt")
    elif own.nearly(traits.minima):
        found.near.add(traits.task_id, f"an earlier row of {name} has nearly the same prompt")


def _note_leak(found: Survey, name: SplitName, traits: Traits, training: Seen) -> None:
    if training.exactly(traits.prompt, remember=False):
        found.leaked.add(traits.task_id, f"a training row has the same prompt as this row of {name}")
    elif training.nearly(traits.minima, remember=False):
        found.leaked.add(traits.task_id, f"a training row has nearly the same prompt as this row of {name}")
