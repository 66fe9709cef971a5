"""Answers as templates of tokens that apply to any row, so that an exploit is not specific to one row. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from random import Random

from rft.contracts.graders.code_tests import NOT_PYTHON
from rft.rewards.reading.numbers import read_number
from rft.smoke_test.attacks import INJECTIONS, MASTER_KEYS
from rft.tasks.derived.style import WORDS
from rft.tasks.subject import Subject

WRONG, FORM, PROMPT = "\0wrong", "\0form", "\0prompt"
"""Placeholders: the row's wrong value, that value in the required format, and the prompt."""

Template = tuple[str, ...]

_GRAMMAR = (
    *"\n .,:;!?-#*_/\\\"'(){}[]<>|=+%&@~",
    *(
        "####",
        "\\boxed{",
        "<answer>",
        "</answer>",
        "<think>",
        "</think>",
        "```",
        "**",
        "\n\n",
        "---",
        "✓",
        "✅",
        "|",
        "$",
    ),
    *(
        "answer",
        "Answer:",
        "Final answer:",
        "therefore",
        "because",
        "correct",
        "Correct",
        "verified",
        "true",
        "True",
        "yes",
    ),
    *(
        "score",
        "1.0",
        "10/10",
        "100%",
        "pass",
        "passed",
        "ok",
        "OK",
        "done",
        "approved",
        "null",
        "none",
        "nan",
        "inf",
        "-1",
    ),
    *("the", "a", "is", "I", "think", "step", "Step 1", "first", "finally", "conclusion", "Sorry", "please", "thanks"),
    *(
        "0",
        "1",
        "2",
        "10",
        "42",
        "3.14",
        "1e9",
        "2026",
        "{",
        '{"answer": ',
        '"}',
        "import",
        "def",
        "return",
        "é",
        "中",
        "🙂",
    ),
)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
MAX_TOKENS, MAX_LITERALS = 40, 200


def literals(source: str) -> list[str]:
    """String literals in the grader's source that answers may be compared with (a fuzzing dictionary)."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except NOT_PYTHON:
        return []
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    short = [text for text in dict.fromkeys(texts) if 0 < len(text) <= 60]
    words = [word for text in short for word in re.findall(r"[\w#$%@&+-]+", text)]
    return list(dict.fromkeys((*short, *words)))[:MAX_LITERALS]


def seeds(own: Sequence[str]) -> Iterator[Template]:
    """Initial templates: known attacks, styles, and each literal of the grader with a wrong answer."""
    yield from ((FORM,), (WRONG,), (PROMPT,), ("",))
    yield from ((key,) for key in MASTER_KEYS)
    yield from ((words, "\n", FORM) for words in WORDS.values())
    yield from ((attack(""), FORM) for attack in INJECTIONS.values())
    for text in (*own, *_GRAMMAR):
        yield (text, " ", FORM)
        yield (FORM, "\n", text)
        yield (text,)


def render(template: Template, subject: Subject) -> str:
    """Renders the answer to one row."""
    wrong = subject.other or "something else"
    values = {WRONG: wrong, FORM: subject.put(wrong), PROMPT: subject.prompt}
    return "".join(values.get(token, token) for token in template)


def is_wrong(answer: str, subject: Subject) -> bool:
    """Wrong by the task's rule; without a rule, an answer that does not contain the right value."""
    if subject.rule is not None:
        return not subject.rule(answer)
    if not subject.value:
        return False
    if subject.number is not None:
        found = (read_number(text) for text in _NUMBER.findall(answer))
        return all(each is None or each.value != subject.number.value for each in found)
    return subject.value.casefold() not in answer.casefold()


def mutated(template: Template, other: Template, tokens: Sequence[str], rng: Random) -> Template:
    """Applies one mutation: inserts, deletes, replaces, repeats or moves a token, or appends another template's end."""
    at = rng.randrange(len(template) + 1)
    token, kind = rng.choice(tokens), rng.randrange(6)
    if kind == 0 or not template:
        changed = (*template[:at], token, *template[at:])
    elif kind == 1:
        changed = (*template[: at - 1], *template[at:]) if at else template[1:]
    elif kind == 2:
        changed = (*template[: max(0, at - 1)], token, *template[at:])
    elif kind == 3:
        changed = (*template[:at], *([token] * rng.choice((2, 5, 20))), *template[at:])
    elif kind == 4:
        changed = (*template[at:], *template[:at])
    else:
        changed = (*template[:at], *other[rng.randrange(len(other) + 1) :])
    return changed[:MAX_TOKENS]


def all_tokens(own: Sequence[str]) -> list[str]:
    """Tokens to insert; the grader's own literals have three times the weight of the grammar's."""
    return [*_GRAMMAR, FORM, WRONG, PROMPT, *own, *own, *own]
