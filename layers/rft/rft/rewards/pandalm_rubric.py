"""The judge's rubric for a PandaLM answer's reasoning: yes/no criteria with weights.

The judge's prompt has three parts (`rft.rewards.judge_prompt`): the comparison (the policy's prompt: instruction and
both responses), the verdict (one of the labels, already verified by code) and the policy's reasoning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rft.rewards import judge_prompt


@dataclass(frozen=True)
class Criterion:
    """A yes/no question for the judge, with an example for each answer."""

    name: str
    question: str
    true: str
    false: str


CRITERIA = (
    Criterion(
        "refers_to_both",
        "Does the reasoning say something concrete about the content of both responses?",
        "“Response 1 keeps the date that Response 2 drops.”",
        "“Response 1 is good.” or words that would fit any pair of responses",
    ),
    Criterion(
        "supports_verdict",
        "Do the reasons, taken as true, lead to the stated verdict and to no other?",
        "verdict Response 2; “Response 1 leaves the question open, Response 2 answers it.”",
        "verdict Response 2; “Both are equally correct.” or no reason at all",
    ),
    Criterion(
        "no_invented_facts",
        "Can every statement about the responses be found in the text of the responses?",
        "“Response 1 repeats its first sentence”, and it does",
        "“Response 2 cites a source”, and it does not; or nothing is stated that could be checked",
    ),
    Criterion(
        "not_circular",
        "Does the reasoning give a ground other than the verdict itself?",
        "“It follows the word limit.”",
        "“Response 1 is better because it is the better one.” or a phrase without content",
    ),
)

SUPPORTS_VERDICT = "supports_verdict"
"""The gate of the other criteria: accurate statements that do not support the verdict are padding."""

NAMES = tuple(criterion.name for criterion in CRITERIA)

SYSTEM = "\n".join(
    [
        "You check the reasoning that a model gave for its choice between two responses.",
        judge_prompt.MATERIAL,
        "Answer each criterion on the reasoning alone; its length and tone do not count.",
        "Where the reasoning states nothing concrete, every criterion is false.",
        "",
        *(f"{c.name}: {c.question}\n  true: {c.true}\n  false: {c.false}" for c in CRITERIA),
        "",
        judge_prompt.reply_form(NAMES),
    ]
)

PARTS = ("comparison", "verdict", "reasoning")
"""Parts of the judge's prompt, in order."""

SCHEMA = judge_prompt.schema(NAMES)
DIGEST = judge_prompt.digest(SYSTEM, PARTS, NAMES)


def quality(answers: Mapping[str, bool]) -> float:
    """The share of criteria that hold, 0..1; 0 if the reasoning does not support its verdict."""
    return sum(answers.values()) / len(answers) if answers[SUPPORTS_VERDICT] else 0.0
