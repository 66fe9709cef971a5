"""Generates large datasets in PandaLM's format by repeating a real file, with distinct texts in each repetition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT.parent / "shared/data/pandalm/testset-v1.json"
SAMPLE = ROOT / "examples/pandalm/comparisons.json"


def write_comparisons(path: Path, count: int) -> None:
    """Write a JSON array of `count` records. Records that share a prompt in the real file do so in each repetition."""
    with path.open("w") as file:
        file.write("[")
        for number, record in enumerate(_comparisons(count)):
            file.write(",\n" * (number > 0))
            json.dump(record, file)
        file.write("]\n")


def origin() -> str:
    return "PandaLM's published test set" if PUBLISHED.exists() else "examples/pandalm"


def _comparisons(count: int) -> Iterator[dict[str, Any]]:
    records = json.loads((PUBLISHED if PUBLISHED.exists() else SAMPLE).read_text())
    for number in range(count):
        repetition, at = divmod(number, len(records))
        yield _distinct(records[at], repetition)


def _distinct(record: dict[str, Any], repetition: int) -> dict[str, Any]:
    texts = {key: f"{record[key]} ({repetition})" for key in ("instruction", "response1", "response2")}
    return record | texts
