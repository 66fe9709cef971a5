"""Parses the two lines of the PandaLM task: `JUDGMENT: …` and `REASONING: …`.

Case, brackets, spaces and markdown emphasis do not matter, nor does thinking before the answer. Everything else
does: a verdict is one label and nothing more, and an answer that gives two different ones has given none, so that
hedging cannot pay.
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
"""As PandaLM's annotators vote."""


@dataclass(frozen=True)
class Judgment:
    """`verdict` is None where there is not exactly one; `well_formed` says that the two lines are all there is."""

    verdict: PandaLMLabel | None
    reasoning: str
    well_formed: bool


def read_label(text: str) -> PandaLMLabel | None:
    """The label that a text names, if that is all it does."""
    return _LABELS.get(re.sub(r"\s", "", text).strip(_QUOTES).casefold())


def expected_label(reference: object) -> PandaLMLabel:
    """The label of a reference: its words, or PandaLM's 0 (a tie), 1 or 2. Raises UngradableSample without one."""
    value = reference.get("label", answer_of(reference)) if isinstance(reference, dict) else reference
    text = "" if isinstance(value, bool) else str(value).strip()
    label = NUMBERED.get(text) or read_label(text)
    if label is None:
        raise UngradableSample(f"reference_answer: holds no label, one of {', '.join(LABELS)}, or 1, 2 or 0 for a tie")
    return label


def read_judgment(text: str) -> Judgment:
    """Read a policy's answer; any text can be read."""
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
    """One line without markdown; `heading` is `judgment`, `reasoning` or '' for a line that has neither."""

    def __init__(self, line: str) -> None:
        self.text = line.strip().strip(_MARKS)
        match = _HEADING.match(self.text)
        self.heading = match[1].casefold().replace("judgement", "judgment") if match else ""
        self.value = match[2].strip(_MARKS) if match else ""


def _reasoning(lines: list[_Line]) -> str:
    """From the first REASONING to the end or the next JUDGMENT; '' where it holds no letter or digit."""
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
