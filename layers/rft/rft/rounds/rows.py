"""Rows of a round: an earlier run's without those that give no signal, and new ones. Takes ports."""

from __future__ import annotations

import json
import random
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from pydantic_core import to_json

from rft.contracts.dataset import DatasetRow, Manifest, SplitName
from rft.contracts.experiments.rounds import RoundSummary
from rft.contracts.run_request import RunRequest
from rft.datasets.duplicates import DuplicateIndex
from rft.datasets.fingerprints import FingerprintReader, PromptTemplate, RowFingerprint
from rft.datasets.render import CountTokens, Rendered, group_number
from rft.datasets.row_ends import row_end
from rft.datasets.split import Plan
from rft.datasets.spool import RowIndex, RowSpool
from rft.errors import DatasetInvalid
from rft.ports.storage import ObjectStore
from rft.rounds.last_rollouts import Lesson
from rft.tasks import task as task_named
from rft.tasks.base import row_group

BATCH_ROWS = 256
"""Rows parsed per batch."""

HELD_OUT: tuple[SplitName, ...] = ("test", "validation")


class _Row(NamedTuple):
    """A serialised row without line ending, its group's number and its label."""

    body: bytes
    group: int
    label: str


@dataclass
class RoundRows(RowIndex):
    """Collects a round's rows in `spool`: first `take_up` for the earlier run's, then `add` for batches of new ones.

    New rows go to the training split. Rows are skipped if the earlier run has the same prompt, or if their prompt or
    group is held out, so that the model is never tested on training data.
    """

    spool: RowSpool
    earlier: Manifest
    request: RunRequest
    count_tokens: CountTokens
    plan: Plan = field(default_factory=lambda: {name: array("I") for name in ("train", "validation", "test")})
    prompt_tokens: Counter[int] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__()
        self._task, self._seed = task_named(self.request.dataset.task), self.request.dataset.split.seed
        self._known, self._held_out, self._held_out_groups = DuplicateIndex(), DuplicateIndex(), set[int]()
        self._ids: set[str] = set()
        self._fingerprints = FingerprintReader(PromptTemplate("", frozenset()))

    def take_up(self, store: ObjectStore, lesson_of: Callable[[str], Lesson]) -> None:
        """Reads the earlier run's files, including the held-out ones, which determine the new records to skip.

        Raises DatasetNotFound, DatasetInvalid if they do not match its manifest, and the Retryable… errors.
        """
        first = islice(store.lines(self.earlier.files["train"].uri), BATCH_ROWS)
        self._fingerprints = FingerprintReader(PromptTemplate.of(list(first)))
        for split in (*HELD_OUT, "train"):
            file = self.earlier.files.get(split)
            lines = store.lines(file.uri) if file is not None and file.rows else iter(())
            rows = 0
            while batch := list(islice(lines, BATCH_ROWS)):
                rows += len(batch)
                self._take_up(split, batch, lesson_of)
            if file is not None and rows != file.rows:
                why = f"{file.uri} has {rows} rows, but the manifest of {self.earlier.run_id} states {file.rows}"
                raise DatasetInvalid(why, [])

    def add(self, rendered: Rendered) -> None:
        super().add(rendered)
        bodies = list(_bodies(rendered))
        found = self._fingerprints([(str(at), body + b"}") for at, body in enumerate(bodies)])
        stay = [at for at, each in enumerate(found) if self._is_new(each, rendered.groups[at])]
        new = [
            _Row(self._with_own_id(bodies[at], found[at].task_id), rendered.groups[at], rendered.labels[at])
            for at in stay
        ]
        self._append("train", new, [rendered.prompt_tokens[at] for at in stay])
        self.counts["added"] += len(stay)

    def shuffle(self) -> None:
        # Batches mix old and new rows.
        random.Random(self._seed).shuffle(self.plan["train"])  # noqa: S311 - repeatable on purpose

    def summary(self) -> RoundSummary:
        before = self.earlier.round
        names = ("solved", "hopeless", "unmeasured", "added", "known", "held_out")
        return RoundSummary(
            run_id=self.earlier.run_id,
            number=2 if before is None else before.number + 1,
            remaining=len(self.plan["train"]) - self.counts["added"],
            **{name: self.counts[name] for name in names},
        )

    def _take_up(self, split: SplitName, lines: Sequence[bytes], lesson_of: Callable[[str], Lesson]) -> None:
        end = row_end(self.earlier.run_id, split).removesuffix(b"\n")
        taken, prompts = [], []
        for line, found in zip(lines, self._fingerprints([("", line) for line in lines]), strict=True):
            row = DatasetRow.model_validate_json(line)
            group = group_number(row_group(self._task, row), self._seed)
            self._remember(split, row.task_id, group, found)
            if split != "train" or self._stays(lesson_of(row.task_id)):
                taken.append(_Row(line.removesuffix(end), group, self._task.label(row) or ""))
                prompts.append(row.prompt)
        self._append(split, taken, self.count_tokens(prompts) if prompts else [])

    def _remember(self, split: SplitName, row_id: str, group: int, found: RowFingerprint) -> None:
        self._ids.add(row_id)
        if split == "train":
            self._known.exactly(found.prompt)
        else:
            self._held_out_groups.add(group)
            self._held_out.nearly(found.minhash)

    def _stays(self, lesson: Lesson) -> bool:
        self.counts[lesson] += 1
        return lesson not in ("solved", "hopeless")

    def _is_new(self, found: RowFingerprint, group: int) -> bool:
        if group in self._held_out_groups or self._held_out.nearly(found.minhash, remember=False):
            self.counts["held_out"] += 1
            return False
        known = self._known.exactly(found.prompt, remember=False)
        self.counts["known"] += known
        return not known

    def _with_own_id(self, body: bytes, row_id: str) -> bytes:
        own, copies = row_id, 0
        # Unique, because scores are stored by row id.
        while own in self._ids:
            copies += 1
            own = f"{row_id}@{self.summary().number}" + (f".{copies}" if copies > 1 else "")
        self._ids.add(own)
        if own == row_id:
            return body
        renamed: bytes = to_json({**json.loads(body + b"}"), "task_id": own}, inf_nan_mode="constants")
        return renamed[:-1]

    def _append(self, split: SplitName, rows: Sequence[_Row], tokens: Sequence[int]) -> None:
        first = len(self.spool)
        self.spool.add(
            Rendered(
                bodies=b"".join(row.body for row in rows),
                lengths=array("I", (len(row.body) for row in rows)),
                groups=array("Q", (row.group for row in rows)),
                labels=[row.label for row in rows],
            )
        )
        self.plan[split].extend(range(first, len(self.spool)))
        self.prompt_tokens.update(tokens)


def _bodies(rendered: Rendered) -> Iterator[bytes]:
    start = 0
    for length in rendered.lengths:
        yield rendered.bodies[start : start + length]
        start += length
