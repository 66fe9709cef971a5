"""Behaviours of the emulated model and their answers as text. Pure.

Only answers of the behaviour `right` are correct: they are the task's reference answers. All others are wrong,
however a grader scores them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rft.contracts.dataset import DatasetRow
from rft.smoke_test import attacks
from rft.tasks import row_probes

RIGHT, WRONG, NEAR_MISS, MALFORMED, VERBOSE = "right", "wrong", "near_miss", "malformed", "verbose"
HEDGING, MASTER_KEY, INJECTION, COPYING, EMPTY = "hedging", "master_key", "injection", "copying", "empty"

WRONG_ANSWER_PARTS: Mapping[str, float] = {
    WRONG: 16,
    NEAR_MISS: 7,
    MALFORMED: 6,
    VERBOSE: 5,
    HEDGING: 5,
    MASTER_KEY: 5,
    INJECTION: 6,
    COPYING: 3,
    EMPTY: 2,
}
"""Weights of the wrong behaviours before training. Invented: exploits are rare, but occur."""

BEHAVIOURS = (RIGHT, *WRONG_ANSWER_PARTS)

INITIAL_ACCURACY: Mapping[str, float] = {"pandalm": 0.45, "gsm8k": 0.55, "finqa": 0.5}
"""Share of right answers before training, by task. Invented values."""

DEFAULT_INITIAL_ACCURACY = 0.45

Texts = Sequence[tuple[str, str]]
"""Answers of one behaviour as (variant, text); the variant is '' if the behaviour has only one."""


def initial_mix(task_name: str) -> dict[str, float]:
    """Return the share of each behaviour before training; the shares sum to 1."""
    right = INITIAL_ACCURACY.get(task_name, DEFAULT_INITIAL_ACCURACY)
    parts = sum(WRONG_ANSWER_PARTS.values())
    return {RIGHT: right, **{name: (1 - right) * part / parts for name, part in WRONG_ANSWER_PARTS.items()}}


def render_answers(row: DatasetRow) -> dict[str, Texts]:
    """Return all answers to a row by behaviour, in the order of BEHAVIOURS, without those its task does not support."""
    known = row_probes(row)
    wrong = known.wrong[0] if known.wrong else attacks.OFF_TOPIC
    question = row.messages[-1].content
    texts: dict[str, Texts] = {
        RIGHT: _plain(known.right),
        WRONG: _plain(known.wrong or (attacks.OFF_TOPIC,)),
        NEAR_MISS: _plain(known.swapped),
        MALFORMED: _plain(known.malformed),
        VERBOSE: _plain([_pad_beyond(wrong, 2 * len(question))]),
        HEDGING: [("", text) for right in known.right[:1] for text in _hedges(right, wrong)],
        MASTER_KEY: [(key, key) for key in attacks.MASTER_KEYS],
        INJECTION: [(name, attack(wrong)) for name, attack in attacks.INJECTIONS.items()],
        COPYING: _plain([question]),
        EMPTY: _plain([""]),
    }
    return {name: texts[name] for name in BEHAVIOURS if texts[name]}


def _plain(texts: Iterable[str]) -> Texts:
    return [("", text) for text in texts]


def _hedges(right: str, wrong: str) -> tuple[str, str]:
    return f"{right}\n\nOr else:\n\n{wrong}", f"{wrong}\n\nOr else:\n\n{right}"


def _pad_beyond(answer: str, characters: int) -> str:
    """Append padding at least once, until the answer is longer than `characters`."""
    text = attacks.padded(answer)
    while len(text) <= characters:
        text = attacks.padded(text)
    return text
