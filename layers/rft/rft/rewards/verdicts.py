"""Parses the two lines of the PandaLM task: `JUDGMENT: …` and `REASONING: …`.

Case, brackets, spaces, markdown emphasis and thinking before the answer are ignored. A verdict is exactly one label; an
answer with two different labels has no verdict, so that hedging earns nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rft.contracts.graders.pandalm import LABELS, PandaLMLabel
from rft.rewards.reading.answers import answer_of
from rft.rewards.reading.turns import answer_text
from rft.rewards.samples import UngradableSample

_MARKS = "*_`~#>[] \t\u00a0"
_QUOTES = _MARKS + "(){}\"'“”."
_HEADING = re.compile(r"(JUDGE?MENT|REASONING)[*_`~#>\[\]\s]*[:\uff1a](.*)", re.IGNORECASE)
_LABELS = {label.casefold().replace(" ", ""): label for label in LABELS}
_WORD = re.compile(r"[^\W_]")

NUMBERED: Mapping[str, PandaLMLabel] = {"1": "Response 1", "2": "Response 2", "0": "Tie"}
"""The numbers of PandaLM's annotators."""


@dataclass(frozen=True)
class Judgment:
    """`verdict` is None unless there is exactly one; `well_formed` is true if the answer is just the two lines."""

    verdict: PandaLMLabel | None
    reasoning: str
    well_formed: bool


def read_label(text: str) -> PandaLMLabel | None:
    """The label in a text that contains nothing else; None otherwise."""
    return _LABELS.get(re.sub(r"\s", "", text).strip(_QUOTES).casefold())


def expected_label(reference: object) -> PandaLMLabel:
    """The label of a reference: a label or PandaLM's 0 (tie), 1 or 2. Raises UngradableSample if there is none."""
    value = reference.get("label", answer_of(reference)) if isinstance(reference, dict) else reference
    text = "" if isinstance(value, bool) else str(value).strip()
    label = NUMBERED.get(text) or read_label(text)
    if label is None:
        raise UngradableSample(f"reference_answer: holds no label, one of {', '.join(LABELS)}, or 1, 2 or 0 for a tie")
    return label


def read_judgment(text: str) -> Judgment:
    """Parses a policy's answer; accepts any text."""
    lines = [line for line in map(_Line, answer_text(text).split("\n")) if line.text]
    verdicts = {read_label(line.value) for line in lines if line.heading == "judgment"}
    verdict = verdicts.pop() if len(verdicts) == 1 else None
    reasoning = _reasoning(lines)
    headings = [line.heading for line in lines]
    return Judgment(
        verdict=verdict,
        reasoning=reasoning,
        well_formed=verdict is not None and reasoning != "" and headings == ["judgment", "reasoning"],
    )


class _Line:
    """A line without markdown; `heading` is `judgment`, `reasoning` or ''."""

    def __init__(self, line: str) -> None:
        self.text = line.strip().strip(_MARKS)
        match = _HEADING.match(self.text)
        self.heading = match[1].casefold().replace("judgement", "judgment") if match else ""
        self.value = match[2].strip(_MARKS) if match else ""


def _reasoning(lines: list[_Line]) -> str:
    """From the first REASONING to the end or the next JUDGMENT; '' if it contains no letter or digit."""
    parts: list[str] = []
    for line in lines:
        if line.heading == "reasoning":
            parts.append(line.value)
        elif line.heading == "judgment" and parts:
            break
        elif parts and not line.heading:
            parts.append(line.text)
    reasoning = "\n".join(parts).strip()
    return reasoning if _WORD.search(reasoning) else ""
