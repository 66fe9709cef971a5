"""Reads one sample of a grader's event, in each of the shapes that AWS documents.

The reference answer is at top level or inside `metadata`; it is a string, an object, `{"text": …}`, or an object
serialized as a JSON string. The rollout's role is `assistant` or `nova_assistant`. Content is a string or a list of
parts; parts without text are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rft.contracts.base import RunId
from rft.contracts.grading import Sample

ANSWER_ROLES = frozenset({"assistant", "nova_assistant"})
_READ_KEYS = frozenset({"id", "messages", "metadata", "reference_answer"})
_RUN_ID = TypeAdapter(RunId)  # strict: it becomes part of an S3 key

Reference = str | dict[str, Any] | None


class UngradableSample(ValueError):
    """A sample that no grader can score. The message is the reason and quotes no content of the sample."""


def sample_id(raw: object, position: int) -> str:
    """The sample's id, or `sample-<position>` (from 1) if it has none."""
    # Every sample gets a result.
    return _id(raw.get("id") if isinstance(raw, dict) else None) or f"sample-{position}"


def sample_run_id(raw: object) -> str | None:
    """The run id in the sample's row; None if it has none."""
    run_id = row_fields(raw).get("run_id")
    try:
        return _RUN_ID.validate_python(run_id, strict=True)
    except ValidationError:
        return None


def row_fields(raw: object) -> Mapping[str, Any]:
    """The fields of the sample's row, from wherever the payload has them; accepts any sample."""
    return {**_metadata(raw), **raw} if isinstance(raw, dict) else {}


def read_sample(raw: object) -> Sample:
    """Raises UngradableSample if the id or the answer is missing."""
    if not isinstance(raw, dict):
        raise UngradableSample("a sample must be an object")
    identity = _id(raw.get("id"))
    if identity is None:
        raise UngradableSample("id: missing; a sample needs a string that is not empty")
    turns = _turns(raw.get("messages"))
    if not turns or turns[-1][0] not in ANSWER_ROLES:
        raise UngradableSample("messages: the last one must be the assistant's answer")
    metadata = _metadata(raw)
    reference = raw.get("reference_answer", metadata.get("reference_answer"))
    fields = {key: value for key, value in {**metadata, **raw}.items() if key not in _READ_KEYS}
    return Sample(
        id=identity, prompt=turns[:-1], answer=turns[-1][1], reference=read_reference(reference), fields=fields
    )


def read_reference(value: object) -> Reference:
    """The reference answer, unwrapped. Raises UngradableSample if it is neither text nor an object."""
    if isinstance(value, str):
        found = _object_in(value)
        return value if found is None else found
    if isinstance(value, dict):
        text = value.get("text")
        return read_reference(text) if isinstance(text, str) and value.keys() <= {"text", "type"} else dict(value)
    if value is None:
        return None
    raise UngradableSample("reference_answer: must be a string or an object")


def _metadata(raw: dict[str, Any]) -> dict[str, Any]:
    metadata = raw.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _id(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value and _encodable(value) == value else None


def _turns(messages: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(messages, list):
        raise UngradableSample("messages: must be an array")
    return tuple(_turn(message) for message in messages)


def _turn(message: object) -> tuple[str, str]:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise UngradableSample("messages: each must be an object with a role")
    return message["role"], _text(message.get("content"))


def _text(content: object) -> str:
    if isinstance(content, str):
        return _encodable(content)
    if not isinstance(content, list):
        raise UngradableSample("messages: content must be a string or a list of parts")
    parts = (part.get("text") if isinstance(part, dict) else part for part in content)
    return _encodable("".join(part for part in parts if isinstance(part, str)))


def _encodable(text: str) -> str:
    # JSON can escape half a surrogate pair, which cannot be encoded in a UTF-8 response.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _object_in(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
