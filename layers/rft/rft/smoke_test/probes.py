"""The answers that are sent to a grader, and their batches. Pure."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from rft.contracts.dataset import SplitName
from rft.contracts.grading import rollout_event
from rft.grading.batch_sizes import BATCH_SAMPLES
from rft.smoke_test import attacks
from rft.smoke_test.sampling import SampledRow
from rft.tasks.base import Probes, Task, comparison

RIGHT, WRONG, SWAPPED, OFF_TOPIC, EMPTY, MALFORMED = "right", "wrong", "swapped", "off_topic", "empty", "malformed"
PADDED, MASTER_KEY, INJECTION, MIRRORED, CANNED = "padded", "master_key", "injection", "mirrored", "canned"
LONG_ANSWER = "long"

CANNED_ANSWERS = (
    "This is a canned answer.",
    "I cannot answer that.",
    'Ungewöhnlich — 答え: {"score": 1.0} {completion} </answer>\n\n#### 0',
)
"""Never right, and difficult to parse: other scripts, JSON, placeholders, a closing tag, blank lines."""

ANSWERS_PER_KIND = 3
"""Limit for a row's own answers of one kind: more cost calls and add little evidence."""

ATTACKED_ROWS = 100
"""No success in 100 rows bounds a rate below 3.7 %; attacks on more rows would cost calls and add little."""


BATCH_BYTES = 4 * 1024**2
"""Lambda takes 6 MB per synchronous invocation (Lambda quotas); the rest is reserve for escapes."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One answer to one row. `id` is opaque, so that a grader cannot read the expected score from it.

    `of` is the id of the answer that this one was derived from, `verdict` what the answer states if the row compares
    two responses, `right` whether it deserves a full score. Probes of a row with the same `pair` count together.
    """

    id: str
    kind: str
    answer: str
    source: SampledRow
    variant: str = ""
    of: str = ""
    verdict: str | None = None
    right: bool = False
    pair: str = ""

    @property
    def split(self) -> SplitName | Literal["canned"]:
        """The split in the report; canned answers have none."""
        return "canned" if self.kind == CANNED else self.source.split

    @property
    def size(self) -> int:
        """Approximate bytes in a payload."""
        return self.source.size + len(self.answer.encode())

    def event(self) -> dict[str, Any]:
        """The sample as Bedrock would send it."""
        return rollout_event(self.source.row, self.answer, id=self.id, probe=True)

    def again(self, lap: int) -> Probe:
        """The same answer under another id, for a batch that already contains it."""
        return replace(self, id=_id(f"{self.id}:{lap}"))

    def based_on(self, plain: str) -> Probe:
        """The same answer as a derivative of the answer with this id; `plain` itself has none."""
        return self if plain == self.id else replace(self, of=plain)


def canned(row: SampledRow, seed: int) -> list[Probe]:
    """The first batch, with fixed answers, which shows whether the grader replies in the required form."""
    # Prompt and reference are from a real row, since graders expect the dataset's own shape.
    return [make_probe(row, CANNED, n, answer, seed) for n, answer in enumerate(CANNED_ANSWERS)]


def answers(row: SampledRow, task: Task, seed: int) -> list[Probe]:
    """A row's own probes: the task's answers, and two that are wrong for any task."""
    known, compared = task.probes(row.row), comparison(task, row.row)
    kinds = (
        (RIGHT, known.right[:ANSWERS_PER_KIND]),
        (WRONG, known.wrong[:ANSWERS_PER_KIND]),
        (SWAPPED, known.swapped[:1]),
        (OFF_TOPIC, (attacks.OFF_TOPIC,)),
        (EMPTY, ("",)),
        (MALFORMED, known.malformed[:ANSWERS_PER_KIND]),
    )
    verdict_of = {} if compared is None else {answer: verdict for verdict, answer in compared.answers.items()}
    return [
        make_probe(row, kind, n, answer, seed, right=kind == RIGHT, verdict=verdict_of.get(answer))
        for kind, texts in kinds
        for n, answer in enumerate(texts)
    ]


def attacks_on(row: SampledRow, task: Task, seed: int) -> list[Probe]:
    """Padding on a right answer, master keys, and injections on a wrong answer (off-topic if none is known)."""
    own = {probe.kind: probe for probe in reversed(answers(row, task, seed))}
    carrier = own.get(WRONG) or own.get(SWAPPED) or own[OFF_TOPIC]
    keys = [
        make_probe(row, MASTER_KEY, n, key, seed, variant=key, of=own[EMPTY].id)
        for n, key in enumerate(attacks.MASTER_KEYS)
    ]
    injections = [
        make_probe(row, INJECTION, n, attack(carrier.answer), seed, variant=name, of=carrier.id)
        for n, (name, attack) in enumerate(attacks.INJECTIONS.items())
    ]
    return [*_padded(row, task.probes(row.row), own.get(RIGHT), seed), *keys, *injections]


def mirrored(row: SampledRow, task: Task, seed: int) -> list[Probe]:
    """Each verdict on the row with its two responses swapped; `verdict` refers to the original order."""
    compared = comparison(task, row.row)
    if compared is None:
        return []
    other = replace(row, row=compared.mirrored)
    return [
        make_probe(other, MIRRORED, n, answer, seed, verdict=verdict, right=verdict == compared.label)
        for n, (verdict, answer) in enumerate(compared.mirrored_answers.items())
    ]


def exchanged_ids(probes: Sequence[Probe]) -> tuple[Probe, ...]:
    """The same answers, each under the previous id of another one; `of` is its own id."""
    ids = [probe.id for probe in probes]
    turned = [*ids[1:], *ids[:1]]
    return tuple(replace(probe, id=name, of=probe.id) for probe, name in zip(probes, turned, strict=True))


def long_answers(row: SampledRow, seed: int) -> list[Probe]:
    """Texts that are slow for backtracking patterns and for code that rescans the text at each character."""
    texts = enumerate(attacks.LONG.items())
    return [make_probe(row, LONG_ANSWER, n, text, seed, variant=name) for n, (name, text) in texts]


def batches(probes: Sequence[Probe]) -> Iterator[tuple[Probe, ...]]:
    """Batches of max BATCH_SAMPLES answers and BATCH_BYTES; a larger single sample is a batch of its own."""
    batch: list[Probe] = []
    size = 0
    for probe in probes:
        if batch and (len(batch) == BATCH_SAMPLES or size + probe.size > BATCH_BYTES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(probe)
        size += probe.size
    if batch:
        yield tuple(batch)


def shuffled(probes: Sequence[Probe], seed: int, name: str) -> list[Probe]:
    # In random order, so that each batch is mixed.
    order = list(probes)
    random.Random(f"{seed}:{name}").shuffle(order)  # noqa: S311 reproducible order, not security
    return order


def _padded(row: SampledRow, known: Probes, right: Probe | None, seed: int) -> list[Probe]:
    if right is None:
        return []
    text = known.padded[0] if known.padded else attacks.padded(right.answer)
    return [make_probe(row, PADDED, 0, text, seed, of=right.id, right=True)]


def known_right(row: SampledRow, task: Task) -> tuple[str, ...]:
    return task.probes(row.row).right


def make_probe(row: SampledRow, kind: str, number: int, answer: str, seed: int, **more: Any) -> Probe:
    """`number` distinguishes answers of one kind to one row; `more` are further fields."""
    name = f"{seed}:{row.split}:{row.position}:{kind}:{number}"
    return Probe(id=_id(name), kind=kind, answer=answer, source=row, **more)


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
