"""Prompts without a right answer, for graders with a rubric: tone, helpfulness, writing, compliance.

A raw record is `{"prompt", "system"?, "reference"?, "rubric"?, "domain"?, "probes"?}`. A row without a `rubric` uses
the run's (`grader.config`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rft.contracts.dataset import DatasetRow, Message
from rft.contracts.graders.rubric import RubricConfig
from rft.contracts.http.validation_messages import validation_message
from rft.tasks.base import BadRecord, Chosen, Example, Probes, group_key
from rft.tasks.bedrock_rows import is_bedrock_row
from rft.tasks.rft import own_probes, read_row


class RubricPrompts:
    """Rows contain the record's `probes` (known good and bad answers) for the smoke test."""

    name = "rubric"
    default_grader = "rubric"
    preset: Mapping[str, Chosen] = {
        "learningRate": (1e-5, "AWS's samples use 1e-5: a judge's rewards are noisy"),
        "trainingSamplePerPrompt": (8, "a rubric has few levels: of few answers to a prompt, all are often the same"),
        "reasoningEffort": ("low", "writing needs little reasoning; what is written is what is judged"),
        "inferenceMaxTokens": (4096, "an answer of a page, with room for reasoning"),
    }

    def read(self, raw: object) -> Example:
        """Parses one prompt. Raises BadRecord if it is missing or its rubric is invalid."""
        if not isinstance(raw, dict):
            raise BadRecord("is not an object")
        if is_bedrock_row(raw):
            return read_row(raw)
        prompt, system = _text(raw, "prompt"), _optional(raw, "system")
        _check_probes(raw.get("probes"))
        first = (Message(role="system", content=system),) if system else ()
        return Example(
            messages=(*first, Message(role="user", content=prompt)),
            reference_answer=_reference(raw),
            domain=_optional(raw, "domain") or "writing",
            group=group_key(prompt),
            extra={"probes": raw["probes"]} if raw.get("probes") else {},
        )

    def probes(self, row: DatasetRow) -> Probes:
        """The row's own probes, else its reference as the right answer.

        Generic wrong answers come from the smoke test.
        """
        own = own_probes(row)
        if own is not None:
            return own
        answer = row.reference_answer.get("answer") if isinstance(row.reference_answer, dict) else row.reference_answer
        return Probes(right=(answer,) if isinstance(answer, str) else ())

    def label(self, row: DatasetRow) -> None:
        """None: prompts have no classes."""


def _reference(raw: Mapping[str, Any]) -> dict[str, Any]:
    # Bedrock requires a reference in every row; a row without one gets a pointer to the run's config.
    answer, rubric = _optional(raw, "reference"), raw.get("rubric")
    found: dict[str, Any] = {"answer": answer} if answer else {}
    if rubric is not None:
        check_rubric(rubric)
        found["rubric"] = rubric
    return found or {"judged_by": "grader.config"}


def check_rubric(raw: object) -> None:
    """Raises BadRecord, naming the invalid field."""
    try:
        RubricConfig.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "".join(f".{part}" for part in first["loc"])
        raise BadRecord(f"rubric{place}: {validation_message(first)}") from error


def _check_probes(raw: object) -> None:
    if raw is None:
        return
    lists = raw.values() if isinstance(raw, dict) and raw.keys() <= {"right", "wrong"} else [None]
    if not all(isinstance(texts, list) and all(isinstance(text, str) for text in texts) for texts in lists):
        raise BadRecord('probes is not an object of "right" and "wrong", each a list of texts')


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadRecord(f"has no {key}" if value is None or value == "" else f"{key} is blank or not text")
    return value


def _optional(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return value.strip() if isinstance(value, str) else ""
