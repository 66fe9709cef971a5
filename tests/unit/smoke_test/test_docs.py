"""docs/smoke-test.md has every check and every threshold, in the code's own order and with its numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from rft.contracts.thresholds import ThresholdName, Thresholds
from rft.smoke_test.checks import CHECKS

DOCS = (Path(__file__).parents[3] / "docs/smoke-test.md").read_text(encoding="utf-8")


def test_every_check_has_its_section_in_order_of_weight() -> None:
    assert re.findall(r"^### (.+)$", DOCS, re.MULTILINE) == [c.__name__.replace("_", " ") for c in CHECKS]


def test_every_check_explains_its_reason_measure_and_fix() -> None:
    sections = re.split(r"^### ", DOCS.split("## Thresholds")[0], flags=re.MULTILINE)[1:-1]
    for section in sections:
        assert {"**Why**", "**Number**", "**Fix**"} <= set(re.findall(r"\*\*\w+\*\*", section)), section


def test_every_threshold_is_listed_with_its_default() -> None:
    table = dict(_rows(DOCS.split("## Thresholds")[1]))

    assert table == {name: getattr(Thresholds(), name) for name in get_args(ThresholdName)}


def _rows(text: str) -> list[tuple[str, float]]:
    cells = re.findall(r"`(\w+)`(?: / `(\w+)`)?(?: \([^)]*\))? \| ([\d.]+)(?: / ([\d.]+))?", text)
    blocks = [(name, float(value)) for name, _, value, _ in cells]
    return blocks + [(name.replace("_block", warn), float(value)) for name, warn, _, value in cells if warn]
