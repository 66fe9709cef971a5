"""Profiles a dataset's rows for the checks of prompts and references.

Reads at most MAX_ROWS rows and about MAX_CHARACTERS of text, at even intervals in each split, which bounds the time.
Deterministic for the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from rft.contracts.checks import CheckExample
from rft.contracts.dataset import SplitName
from rft.datasets.duplicates import DuplicateIndex
from rft.datasets.fingerprints import FingerprintReader, PromptTemplate, RowFingerprint
from rft.datasets.split import NAMES

MAX_ROWS = 20_000
MAX_CHARACTERS = 60_000_000
TEMPLATE_ROWS = 400
FIRST_ROWS = 100
BATCH_ROWS = 64
SHOWN = 3

Body = Callable[[SplitName, int], bytes]
"""Returns the n-th row of a split as JSON."""

Batch = list[tuple[str, bytes]]
Share = Callable[[Callable[[Batch], list[RowFingerprint]], Iterator[Batch]], Iterator[list[RowFingerprint]]]
"""Maps work over batches in order, on all available cores."""


@dataclass
class Rows:
    """A count, and the first few rows counted."""

    count: int = 0
    first: list[CheckExample] = field(default_factory=list)

    def add(self, task_id: str, detail: str) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(CheckExample(task_id=task_id, detail=detail))


@dataclass
class DatasetProfile:
    """Results of profiling.

    `rows` counts those read by split, `scripts` their prompts' letters by writing system. `references` has the first
    two distinct ones by digest.
    """

    rows: Counter[str] = field(default_factory=Counter)
    repeated: Rows = field(default_factory=Rows)
    near: Rows = field(default_factory=Rows)
    leaked: Rows = field(default_factory=Rows)
    empty: Rows = field(default_factory=Rows)
    references: set[bytes] = field(default_factory=set)
    scripts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in NAMES})


def profile_rows(rows: Mapping[SplitName, int], body: Body, share: Share = map) -> DatasetProfile:
    """Profiles the rows; `rows` are their numbers by split. `body` may be called twice per row.

    Training rows come first, because rows of the other splits are compared with them.
    """
    first = (len(body("train", n)) for n in range(min(FIRST_ROWS, rows["train"])))
    return profile_sample(rows, body, sample_step(rows, list(first)), share)


def profile_sample(rows: Mapping[SplitName, int], body: Body, step: int, share: Share = map) -> DatasetProfile:
    """Like `profile_rows`, for every `step`-th row of each split, starting with the first."""
    chosen = {name: range(0, rows[name], step) for name in NAMES}
    read = FingerprintReader(_prompt_template(chosen["train"], body))
    rows_read = ((str(n), body(name, n)) for name in NAMES for n in chosen[name])
    splits = (name for name in NAMES for _ in chosen[name])
    found, seen = DatasetProfile(), {name: DuplicateIndex() for name in NAMES}
    for name, fingerprints in zip(splits, chain.from_iterable(share(read, _batches(rows_read))), strict=True):
        _note(found, name, fingerprints, seen[name])
        if name != "train":
            _note_leak(found, name, fingerprints, seen["train"])
    return found


def sample_step(rows: Mapping[SplitName, int], lengths: Sequence[int]) -> int:
    """1 to read all rows, else more; `lengths` of the first FIRST_ROWS training rows estimate the row size."""
    total, length = sum(rows.values()), sum(lengths) / max(1, len(lengths))
    return max(1, -(-total // MAX_ROWS), -(-int(total * length) // MAX_CHARACTERS))


def _prompt_template(numbers: Sequence[int], body: Body) -> PromptTemplate:
    every = max(1, len(numbers) // TEMPLATE_ROWS)
    return PromptTemplate.of([body("train", n) for n in numbers[::every]])


def _batches(rows: Iterator[tuple[str, bytes]]) -> Iterator[Batch]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


def _note(found: DatasetProfile, name: SplitName, fingerprints: RowFingerprint, own: DuplicateIndex) -> None:
    """`own`: the prompts of the row's own split so far."""
    found.rows[name] += 1
    found.scripts[name].update(fingerprints.scripts)
    if fingerprints.reference_blank:
        found.empty.add(fingerprints.task_id, "its reference_answer holds nothing")
    if len(found.references) < 2:
        found.references.add(fingerprints.reference)
    if own.exactly(fingerprints.prompt):
        found.repeated.add(fingerprints.task_id, f"an earlier row of {name} has the same prompt")
    elif own.nearly(fingerprints.minhash):
        found.near.add(fingerprints.task_id, f"an earlier row of {name} has nearly the same prompt")


def _note_leak(found: DatasetProfile, name: SplitName, fingerprints: RowFingerprint, training: DuplicateIndex) -> None:
    if training.exactly(fingerprints.prompt, remember=False):
        found.leaked.add(fingerprints.task_id, f"a training row has the same prompt as this row of {name}")
    elif training.nearly(fingerprints.minhash, remember=False):
        found.leaked.add(fingerprints.task_id, f"a training row has nearly the same prompt as this row of {name}")
