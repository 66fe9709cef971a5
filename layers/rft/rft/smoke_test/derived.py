"""Derives probes from references, and selects the rows on which each is sent. Pure."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

from rft.smoke_test.probes import Probe, known_right, make_probe
from rft.smoke_test.sampling import SampledRow
from rft.tasks.base import Task
from rft.tasks.derived import derived_probes

RIGHT_FORM, WRONG_FORM = "right_form", "wrong_form"

WRONG_ROWS, RIGHT_ROWS = 6, 2
"""Rows per code in a run: six passes in a row are unlikely by chance; each right answer costs a judge call."""


def derived(row: SampledRow, task: Task, seed: int) -> list[Probe]:
    """A row's derived probes. `variant` is the code; `of` is the id of the plain answer that words were added to."""
    found = list(enumerate(derived_probes(row.row, known_right(row, task))))
    plain = {probe.answer: n for n, probe in found if probe.base == probe.answer}
    made = [
        make_probe(
            row,
            RIGHT_FORM if probe.right else WRONG_FORM,
            n,
            probe.answer,
            seed,
            variant=probe.code,
            pair=probe.pair,
            right=probe.right,
        )
        for n, probe in found
    ]
    ids = {n: probe.id for (n, _), probe in zip(found, made, strict=True)}
    return [
        probe.based_on(ids[plain[source.base]]) if source.base in plain else probe
        for (_, source), probe in zip(found, made, strict=True)
    ]


def few_rows(rows: Sequence[Sequence[Probe]], wrong: int = WRONG_ROWS, right: int = RIGHT_ROWS) -> Iterator[Probe]:
    """Selects a few rows for each code, different ones for each; keeps the code's pair and its plain answer."""
    by_code: dict[str, list[list[Probe]]] = defaultdict(list)
    for row in rows:
        for code, probes in itertools.groupby(row, key=lambda probe: probe.variant):
            by_code[code].append(list(probes))
    chosen: dict[str, Probe] = {}
    known = {probe.id: probe for row in rows for probe in row}
    for at, of_rows in enumerate(by_code.values()):
        most = min(right if of_rows[0][0].right else wrong, len(of_rows))
        for n in range(most):
            for probe in of_rows[(at + n * len(of_rows) // most) % len(of_rows)]:
                chosen[probe.id] = probe
                if probe.of:
                    chosen[probe.of] = known[probe.of]
    return iter(chosen.values())
