"""Rows for graders of known quality: numbers with and without format and probes, texts, lists, choices, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
COUNT = 40
_CITIES = ("Paris", "Madrid", "Vienna", "Oslo", "Athens", "Lisbon", "Dublin", "Warsaw", "Prague", "Helsinki")


def _row(question: str, reference: Any, **more: Any) -> Row:
    return {"messages": [{"role": "user", "content": question}], "reference_answer": reference, **more}


def numbers() -> Sequence[Row]:
    """Rows with a plain number, without probes."""
    return [_row(f"How much is {n} and {2 * n + 11} put together?", str(3 * n + 11)) for n in range(1, COUNT + 1)]


def marked() -> Sequence[Row]:
    """Rows with working and the number after a marker, with two right and two wrong probes."""
    rows = []
    for n in range(1, COUNT + 1):
        value = 7 * n + 20 if n % 3 else 1000 * n + 234
        right = [f"First {value - 5}, then five more: {value}.\n#### {value}", f"#### {value}"]
        wrong = [f"First {value - 5}.\n#### {value - 5}", f"It is {2 * value + 1}.\n#### {2 * value + 1}"]
        probes = {"right": right, "wrong": wrong}
        rows.append(_row(f"Add five to {value - 5}. End with #### <number>.", {"answer": str(value)}, probes=probes))
    return rows


def words() -> Sequence[Row]:
    """Rows with one word, without probes."""
    return [_row(f"Which capital is number {n} on the tour?", _CITIES[n % len(_CITIES)]) for n in range(COUNT)]


def choices() -> Sequence[Row]:
    """Multiple-choice rows with four letters."""
    options = "A. north\nB. east\nC. south\nD. west"
    return [
        _row(f"Where does wind {n} come from?\n{options}\nAnswer with the letter.", "ABCD"[n % 4]) for n in range(COUNT)
    ]


def objects() -> Sequence[Row]:
    """Rows with a JSON object of three fields, with a right and a wrong probe."""
    rows = []
    for n in range(COUNT):
        right = {"name": _CITIES[n % len(_CITIES)], "count": n + 3, "open": n % 2 == 0}
        wrong = {"name": "nowhere", "count": n + 90, "open": n % 2 == 1}
        probes = {"right": [json.dumps(right)], "wrong": [json.dumps(wrong)]}
        rows.append(_row(f"Give record {n} as JSON with name, count and open.", right, probes=probes))
    return rows


def unproved() -> Sequence[Row]:
    """The number after a marker; without probes."""
    return [{name: value for name, value in row.items() if name != "probes"} for row in marked()]


def people() -> Sequence[Row]:
    """A name of two words."""
    names = ("Marie Curie", "Alan Turing", "Ada Lovelace", "Niels Bohr", "Grace Hopper", "Emmy Noether")
    return [_row(f"Who is on portrait {n}?", names[n % len(names)]) for n in range(COUNT)]


def identifiers() -> Sequence[Row]:
    """A word with capitals inside, which count."""
    names = ("maxRetries", "pageSize", "userId", "isOpen", "rowIndex", "baseUrl")
    return [_row(f"Which name does line {n} read? Case matters.", names[n % len(names)]) for n in range(COUNT)]


def dates() -> Sequence[Row]:
    """A day as in 2026-11-28."""
    return [
        _row(f"When was letter {n} written? As YYYY-MM-DD.", f"{1900 + n}-{n % 12 + 1:02}-{n % 27 + 1:02}")
        for n in range(COUNT)
    ]


def lists() -> Sequence[Row]:
    """Three words between commas."""
    return [
        _row(f"Which three cities did tour {n} visit?", ", ".join(_CITIES[(n + k) % len(_CITIES)] for k in (0, 3, 4)))
        for n in range(COUNT)
    ]


def masses() -> Sequence[Row]:
    """A number with its unit."""
    return [_row(f"What do {n} parts of 2.5 kg weigh?", f"{2.5 * n:g} kg") for n in range(1, COUNT + 1)]


def percentages() -> Sequence[Row]:
    """A number with a per cent sign."""
    return [_row(f"{n} of 200 screws are bent. What percentage is that?", f"{n / 2:g}%") for n in range(3, COUNT + 3)]


def texts() -> Sequence[Row]:
    """A sentence, which may be put in other words; a right and a wrong probe."""
    rows = []
    for n in range(COUNT):
        right = f"The council of district {n} decided to close the bridge until spring since its pillars had cracks."
        wrong = f"A private company from district {n} bought three buses and painted all of them green last summer."
        rows.append(_row(f"Summarise article {n}.", right, probes={"right": [right], "wrong": [wrong]}))
    return rows


_KINDS = (
    numbers,
    marked,
    unproved,
    words,
    choices,
    objects,
    people,
    identifiers,
    dates,
    lists,
    masses,
    percentages,
    texts,
)
ROWS: Mapping[str, Callable[[], Sequence[Row]]] = {each.__name__: each for each in _KINDS}
