"""GSM8K word problems (Cobbe et al. 2021, https://github.com/openai/grade-school-math), MIT licence.

A raw record is `{"question": …, "answer": …}`; the answer is a worked solution that ends in `#### <number>` and
contains calculator notes such as `<<48/2=24>>`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rft.contracts.dataset import DatasetRow, Message
from rft.rewards.gsm8k import read_answer, read_solution
from rft.rewards.reading.answers import answer_of
from rft.tasks.base import RIGHT_OR_WRONG, BadRecord, Chosen, Example, Probes, group_key
from rft.tasks.bedrock_rows import example_sample, is_bedrock_row
from rft.tasks.gsm8k_probes import gsm8k_probes
from rft.tasks.rft import read_row

SYSTEM = """\
You solve word problems. Work step by step and briefly: one calculation a line. Check that your result answers the \
question that was asked.

End with one last line of exactly this form and nothing after it:
#### <number>

<number> is the result in digits, with a minus sign or a decimal point where needed: no unit, no currency, no words, \
no second number. Write that line once."""

_CALCULATOR_NOTE = re.compile(r"<<[^<>\n]*>>")


class Gsm8k:
    """Parses GSM8K's raw records. Rows contain the worked `solution` in addition to Bedrock's own keys."""

    name = "gsm8k"
    default_grader = "gsm8k"
    preset: Mapping[str, Chosen] = {
        **RIGHT_OR_WRONG,
        "reasoningEffort": ("medium", "problems take two to eight steps; AWS's SDK template uses medium"),
        "inferenceMaxTokens": (4096, "solutions need about 300 tokens; the rest is room for medium reasoning"),
    }

    def read(self, raw: object) -> Example:
        """Parses one problem, or a row in AWS's format. Raises BadRecord without a question or a number as answer."""
        if not isinstance(raw, dict):
            raise BadRecord("is not an object")
        if is_bedrock_row(raw):
            return self._row(raw)
        question, answer = _text(raw, "question"), _text(raw, "answer")
        if read_answer(answer) is None:
            raise BadRecord("answer does not end in a line '#### <number>'")
        solution, _, final = answer.rpartition("####")
        return Example(
            messages=(Message(role="system", content=SYSTEM), Message(role="user", content=question.strip())),
            reference_answer={"answer": final.strip()},
            domain="math",
            group=group_key(question),
            extra={"solution": _CALCULATOR_NOTE.sub("", solution).strip()},
        )

    def _row(self, raw: Mapping[str, Any]) -> Example:
        example = read_row(raw)
        sample = example_sample(example)
        if read_solution(answer_of(sample.reference) or "") is None:
            raise BadRecord("reference_answer: holds no number that can be read")
        return example

    def probes(self, row: DatasetRow) -> Probes:
        return gsm8k_probes(row)

    def label(self, row: DatasetRow) -> None:
        """None: problems have no classes."""


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadRecord(f"has no {key}" if value is None or value == "" else f"{key} is blank or not text")
    return value
