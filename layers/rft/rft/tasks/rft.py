"""Rows in Bedrock's own format: validated with the rules of AWS's client-side checks, otherwise unchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rft.contracts.dataset import DatasetRow
from rft.tasks.base import BadRecord, Chosen, Example, Probes, group_key
from rft.tasks.bedrock_rows import read_messages, read_name, read_row_reference
from rft.tasks.extracted import extracted_probes
from rft.tasks.prompted import prompted_probes
from rft.tasks.subject import read_subject

_OWN = frozenset({"messages", "reference_answer", "domain"})


class RftRows:
    """Rows need `messages` and `reference_answer`; every other key reaches the grader.

    A row may have `probes: {"right": […], "wrong": […]}` for the smoke test.
    """

    name = "rft"
    default_grader = None
    preset: Mapping[str, Chosen] = {
        "learningRate": (1e-5, "AWS's samples use 1e-5: the careful choice where nothing is known of the data"),
        "trainingSamplePerPrompt": (4, "AWS's sample uses 4"),
        "reasoningEffort": ("medium", "AWS's SDK template uses medium"),
        "inferenceMaxTokens": (4096, "twice AWS's SDK template for medium effort, so that reasoning leaves room"),
    }

    def read(self, raw: object) -> Example:
        """Parses one row. Raises BadRecord if AWS's checks would reject it."""
        if not isinstance(raw, dict):
            raise BadRecord("is not an object")
        return read_row(raw)

    def probes(self, row: DatasetRow) -> Probes:
        """The row's own probes, else those for its prompt's answer format, else those from its reference."""
        return own_probes(row) or prompted_probes(row) or extracted_probes(row) or _reference_probes(row)

    def label(self, row: DatasetRow) -> None:
        """None: the format has no labels."""


def read_row(raw: Mapping[str, Any]) -> Example:
    """A row in Bedrock's format, unchanged except that content in parts becomes text. Raises BadRecord."""
    messages = read_messages(raw)
    _check_probes(raw.get("probes"))
    extra = {key: value for key, value in raw.items() if key not in _OWN}
    names = {key: read_name(raw, key) for key in ("task_id", "data_source") if key in raw}
    reference, warnings = read_row_reference(raw)
    return Example(
        messages=messages,
        reference_answer=reference,
        domain=read_name(raw, "domain") if "domain" in raw else "general",
        group=group_key(*(message.content for message in messages if message.role == "user")),
        warnings=warnings,
        extra=extra | names,
    )


def own_probes(row: DatasetRow) -> Probes | None:
    """The row's own probes; None if it has none."""
    own = (row.model_extra or {}).get("probes")
    if own is None:
        return None
    return Probes(right=tuple(own.get("right", ())), wrong=tuple(own.get("wrong", ())))


def _check_probes(raw: object) -> None:
    if raw is None:
        return
    if not isinstance(raw, dict) or not raw.keys() <= {"right", "wrong"}:
        raise BadRecord('probes is not an object of "right" and "wrong"')
    for kind, answers in raw.items():
        if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
            raise BadRecord(f"probes.{kind} is not a list of texts")


def _reference_probes(row: DatasetRow) -> Probes:
    """The reference if it is text; also its value, and a wrong value if one is certain."""
    subject, text = read_subject(row), _reference_text(row.reference_answer)
    if subject.fields is not None:
        return Probes(right=(json.dumps(subject.fields, ensure_ascii=False),))
    value = (subject.put(subject.value),) if subject.value else ()
    return Probes(right=text or value, wrong=(subject.put(subject.other),) if subject.other else ())


def _reference_text(reference: str | dict[str, Any]) -> tuple[str, ...]:
    text = reference if isinstance(reference, str) else reference.get("text")
    return (text,) if isinstance(text, str) else ()
