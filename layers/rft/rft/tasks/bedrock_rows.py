"""Parses rows in Bedrock's format, with the rules of AWS's own client-side checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from rft.contracts.dataset import DatasetRow, Message
from rft.contracts.grading import Sample
from rft.rewards.samples import UngradableSample, read_reference
from rft.tasks.base import BadRecord, Example

ROLES = ("system", "user", "assistant", "tool", "developer")

REFERENCE_KEYS = ("ground_truth", "answer", "solution", "final_answer")
"""Keys of the reference in rows without reference_answer, in order of precedence."""


def is_bedrock_row(raw: object) -> TypeGuard[dict[str, Any]]:
    """True if a record is a row in Bedrock's format or a faulty attempt at one."""
    return isinstance(raw, dict) and ("messages" in raw or isinstance(raw.get("prompt"), list))


def read_messages(raw: Mapping[str, Any]) -> tuple[Message, ...]:
    """The conversation so far. Raises BadRecord with the fix if AWS's checks would reject it."""
    turns = raw.get("messages")
    if turns is None and "prompt" in raw:
        raise BadRecord(_prompt_hint(raw))
    if not isinstance(turns, list) or not turns:
        raise BadRecord("messages is missing or empty")
    messages = tuple(_message(turn, at) for at, turn in enumerate(turns))
    if any(message.role == "system" for message in messages[1:]):
        raise BadRecord("a system message stands after another message; it must be the first")
    if all(message.role != "user" for message in messages):
        raise BadRecord("messages has no user message")
    if messages[-1].role == "assistant":
        raise BadRecord("messages ends with an assistant turn, which gives the answer away: leave that turn out")
    return messages


def read_row_reference(raw: Mapping[str, Any]) -> tuple[str | dict[str, Any], tuple[str, ...]]:
    """The reference, and a warning if it was not under reference_answer. Raises BadRecord."""
    for key, value in _references(raw):
        if key != "reference_answer" and isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)  # noqa: PLW2901 Bedrock accepts text or an object
        if not isinstance(value, str | dict) or not value or (isinstance(value, str) and not value.strip()):
            break
        return value, () if key == "reference_answer" else (f"reference_from_{key}",)
    raise BadRecord("reference_answer is missing, empty, or neither text nor an object")


def row_sample(row: DatasetRow, answer: str = "") -> Sample:
    """The row as a grader's sample. Raises UngradableSample if its reference is neither text nor an object."""
    prompt = tuple((message.role, message.content) for message in row.messages)
    reference = read_reference(row.reference_answer)
    return Sample(id=row.task_id, prompt=prompt, answer=answer, reference=reference, fields=row.model_extra or {})


def example_sample(example: Example) -> Sample:
    """The row as a grader's sample with an empty answer. Raises BadRecord if its reference is invalid."""
    prompt = tuple((message.role, message.content) for message in example.messages)
    try:
        reference = read_reference(example.reference_answer)
        return Sample(id="row", prompt=prompt, answer="", reference=reference, fields=dict(example.extra or {}))
    except UngradableSample as error:
        raise BadRecord(str(error)) from error


def read_name(raw: Mapping[str, Any], key: str) -> str:
    """A text, or an integer as text. Raises BadRecord for anything else."""
    value = raw[key]
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise BadRecord(f"{key} is empty or not text")
    return str(value)


def _references(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    metadata = raw.get("metadata")
    places = [raw, metadata] if isinstance(metadata, dict) else [raw]
    for key in ("reference_answer", *REFERENCE_KEYS):
        yield from ((key, place[key]) for place in places if place.get(key) is not None)


def _message(raw: object, at: int) -> Message:
    if not isinstance(raw, dict):
        raise BadRecord(f"messages[{at}] is not an object")
    if raw.get("role") not in ROLES:
        raise BadRecord(f"messages[{at}].role is none of {', '.join(ROLES)}")
    return Message.model_validate({**raw, "content": _content(raw, at)})


def _content(raw: Mapping[str, Any], at: int) -> str:
    """Text, or the texts of a list of parts. May be empty for an assistant message with tool calls."""
    content = raw.get("content")
    if isinstance(content, list):
        content = "".join(_part(part, f"messages[{at}].content[{n}]") for n, part in enumerate(content))
    if isinstance(content, str) and content.strip():
        return content
    if raw["role"] == "assistant" and raw.get("tool_calls") and (content is None or content == ""):
        return ""
    raise BadRecord(f"messages[{at}].content is missing, empty or not text")


def _part(part: object, place: str) -> str:
    text = part.get("text") if isinstance(part, dict) else part
    if not isinstance(text, str):
        raise BadRecord(f"{place} is not text: reinforcement fine-tuning takes text only")
    return text


def _prompt_hint(raw: Mapping[str, Any]) -> str:
    model = raw.get("reward_model")
    truth = isinstance(model, dict) and "ground_truth" in model
    more = ", and write reward_model.ground_truth as reference_answer" if truth else ""
    return f"has `prompt` where `messages` belongs: rename the key{more}"
