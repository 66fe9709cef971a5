"""Rows that are in Bedrock's format already: checked as AWS's own client-side checks do, then passed on as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rft.contracts.dataset import DatasetRow, Message
from rft.tasks.base import BadRecord, Chosen, Example, Probes, group_key

ROLES = ("system", "user", "assistant", "tool", "developer")


class RftRows:
    """Rows need `messages` and `reference_answer`; every other key is kept and reaches the grader.

    A row may bring its own `probes: {"right": […], "wrong": […]}` for the smoke test.
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
        """One row. Raises BadRecord where AWS's checks would refuse it."""
        if not isinstance(raw, dict):
            raise BadRecord("is not an object")
        messages = _messages(raw.get("messages"))
        _check_probes(raw.get("probes"))
        kept = {key: value for key, value in raw.items() if key not in {"messages", "reference_answer", "domain"}}
        names = {key: _name(raw, key) for key in ("task_id", "data_source") if key in raw}
        return Example(
            messages=messages,
            reference_answer=_reference(raw.get("reference_answer")),
            domain=_name(raw, "domain") if "domain" in raw else "general",
            group=group_key(*(message.content for message in messages if message.role == "user")),
            extra=kept | names,
        )

    def probes(self, row: DatasetRow) -> Probes:
        """The row's own probes; without them the reference where it is text, and nothing that is known to be wrong."""
        own = (row.model_extra or {}).get("probes")
        if own is not None:
            return Probes(right=tuple(own.get("right", ())), wrong=tuple(own.get("wrong", ())))
        text = _reference_text(row.reference_answer)
        return Probes(right=(text,) if text else ())

    def label(self, row: DatasetRow) -> None:
        """None: the format knows no labels."""


def _messages(raw: object) -> tuple[Message, ...]:
    if not isinstance(raw, list) or not raw:
        raise BadRecord("messages is missing or empty")
    messages = tuple(_message(turn, at) for at, turn in enumerate(raw))
    if any(message.role == "system" for message in messages[1:]):
        raise BadRecord("a system message stands after another message; it must be the first")
    if all(message.role != "user" for message in messages):
        raise BadRecord("messages has no user message")
    return messages


def _message(raw: object, at: int) -> Message:
    if not isinstance(raw, dict):
        raise BadRecord(f"messages[{at}] is not an object")
    if raw.get("role") not in ROLES:
        raise BadRecord(f"messages[{at}].role is none of {', '.join(ROLES)}")
    if not isinstance(raw.get("content"), str) or not raw["content"].strip():
        raise BadRecord(f"messages[{at}].content is missing, empty or not text")
    return Message.model_validate(raw)


def _reference(raw: object) -> str | dict[str, Any]:
    if isinstance(raw, str) and raw.strip():
        return raw
    if isinstance(raw, dict) and raw:
        return raw
    raise BadRecord("reference_answer is missing, empty, or neither text nor an object")


def _name(raw: Mapping[str, Any], key: str) -> str:
    value = raw[key]
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise BadRecord(f"{key} is empty or not text")
    return str(value)


def _check_probes(raw: object) -> None:
    if raw is None:
        return
    if not isinstance(raw, dict) or not raw.keys() <= {"right", "wrong"}:
        raise BadRecord('probes is not an object of "right" and "wrong"')
    for kind, answers in raw.items():
        if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
            raise BadRecord(f"probes.{kind} is not a list of texts")


def _reference_text(reference: str | dict[str, Any]) -> str | None:
    text = reference if isinstance(reference, str) else reference.get("text")
    return text if isinstance(text, str) else None
