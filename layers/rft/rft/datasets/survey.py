"""Reads a dataset's rows once and notes what the checks of prompts and references go by.

At most MOST_ROWS rows and about MOST_CHARACTERS of text are read, evenly spaced in each split, so that the time is
bounded. Same rows, same survey.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rft.contracts.dataset import SplitName
from rft.contracts.smoke_test import Example
from rft.datasets.duplicates import Seen, shingles, signature, wording
from rft.datasets.split import NAMES

MOST_ROWS = 20_000
MOST_CHARACTERS = 60_000_000
WORDING_ROWS = 400
FIRST_ROWS = 100
SHOWN = 3

Body = Callable[[SplitName, int], bytes]
"""The n-th row of a split as JSON."""


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

    `references` has the first two that differ, as JSON.
    """

    rows: Counter[str] = field(default_factory=Counter)
    repeated: Rows = field(default_factory=Rows)
    near: Rows = field(default_factory=Rows)
    leaked: Rows = field(default_factory=Rows)
    empty: Rows = field(default_factory=Rows)
    references: set[str] = field(default_factory=set)
    scripts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in NAMES})


def survey(rows: Mapping[SplitName, int], body: Body, *, most_rows: int = MOST_ROWS) -> Survey:
    """Read the rows, of which there are so many in each split; `body` may be asked for one twice.

    Training rows come first, so that those of the other splits can be held against them.
    """
    first = (len(body("train", n)) for n in range(min(FIRST_ROWS, rows["train"])))
    return survey_sample(rows, body, sample_step(rows, list(first), most_rows=most_rows))


def survey_sample(rows: Mapping[SplitName, int], body: Body, step: int) -> Survey:
    """As `survey`, of every so-many-th row of each split, from its first on."""
    chosen = {name: range(0, rows[name], step) for name in NAMES}
    found, training = Survey(), Seen()
    common = _wording(chosen["train"], body)
    for name in NAMES:
        own = training if name == "train" else Seen()
        for number in chosen[name]:
            _note(found, name, number, json.loads(body(name, number)), _Known(own, training, common))
    return found


def sample_step(rows: Mapping[SplitName, int], lengths: Sequence[int], *, most_rows: int = MOST_ROWS) -> int:
    """1 to read all rows, else more; `lengths` of the first FIRST_ROWS training rows say how long a row is."""
    total, length = sum(rows.values()), sum(lengths) / max(1, len(lengths))
    return max(1, -(-total // most_rows), -(-int(total * length) // MOST_CHARACTERS))


def _wording(numbers: Sequence[int], body: Body) -> frozenset[int]:
    every = max(1, len(numbers) // WORDING_ROWS)
    return wording(_prompt(json.loads(body("train", n))) for n in numbers[::every])


@dataclass(frozen=True)
class _Known:
    """Prompts of the row's own split so far, those of training, and the wording that most prompts share."""

    own: Seen
    training: Seen
    common: frozenset[int]


def _note(found: Survey, name: SplitName, number: int, row: Mapping[str, Any], known: _Known) -> None:
    prompt, task_id = _prompt(row), str(row.get("task_id", number))
    minima = signature(shingles(prompt) - known.common)
    found.rows[name] += 1
    found.scripts[name].update(_letters(prompt))
    _note_reference(found, task_id, row.get("reference_answer"))
    if known.own.exactly(prompt):
        found.repeated.add(task_id, f"an earlier row of {name} has the same prompt")
    elif known.own.nearly(minima):
        found.near.add(task_id, f"an earlier row of {name} has nearly the same prompt")
    if name == "train":
        return
    if known.training.exactly(prompt, remember=False):
        found.leaked.add(task_id, f"a training row has the same prompt as this row of {name}")
    elif known.training.nearly(minima, remember=False):
        found.leaked.add(task_id, f"a training row has nearly the same prompt as this row of {name}")


def _note_reference(found: Survey, task_id: str, reference: object) -> None:
    if _blank(reference):
        found.empty.add(task_id, "its reference_answer holds nothing")
    if len(found.references) < 2:
        found.references.add(json.dumps(reference, sort_keys=True))


def _prompt(row: Mapping[str, Any]) -> str:
    return "\n".join(message["content"] for message in row["messages"])


def _blank(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(map(_blank, value.values()))
    return value is None or (isinstance(value, str) and not value.strip())


def _letters(text: str) -> Counter[str]:
    counts = Counter[str]()
    for character, count in Counter(text).items():
        script = _script(character)
        if script:
            counts[script] += count
    return counts


@cache
def _script(character: str) -> str:
    """The writing system, by the first word of the letter's Unicode name; '' for what is no letter."""
    return unicodedata.name(character, "").split(" ")[0].lower() if character.isalpha() else ""
