"""Parses and validates requests to Bedrock, and paginates lists. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from emulator.http.replies import AwsError
from emulator.http.request_rules import input_shape, violations

PAGE = 100

T = TypeVar("T")


def parse_body(operation: str, body: bytes) -> dict[str, Any]:
    """Parse and validate a request body. Raises AwsError (ValidationException)."""
    try:
        request: dict[str, Any] = json.loads(body)
    except ValueError as error:
        raise AwsError("ValidationException", 400, "The request body is not valid JSON.") from error
    raise_if_invalid([*violations(request, input_shape(operation)), *_reserved_tags(request)])
    return request


def _reserved_tags(request: object) -> Iterator[str]:
    """Yield a problem per reserved tag key; the rule is from the Tagging AWS Resources User Guide, not in the model."""
    named = (
        {name: tags for name, tags in request.items() if name.lower().endswith("tags")}
        if isinstance(request, dict)
        else {}
    )
    for name, tags in named.items():
        for tag in tags if isinstance(tags, list) else ():
            if isinstance(tag, dict) and str(tag.get("key", "")).lower().startswith("aws:"):
                yield f"Value at '{name}' failed: aws: prefixed tag key names are not allowed for external use."


def parse_query(operation: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Parse the query parameters of a list operation. Raises AwsError (ValidationException)."""
    shape = input_shape(operation)
    typed = {name: _typed(value, shape.members[name].type_name) for name, value in query.items()}
    raise_if_invalid(list(violations(typed, shape)))
    return typed


def raise_if_invalid(problems: Sequence[str]) -> None:
    """Raise AwsError (ValidationException) if there are problems."""
    if problems:
        plural = "s" if len(problems) > 1 else ""
        text = f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}"
        raise AwsError("ValidationException", 400, text)


def page(
    items: Sequence[T],
    query: Mapping[str, Any],
    *,
    key: str,
    created: Callable[[T], datetime],
    view: Callable[[T], Any],
) -> dict[str, Any]:
    """Return one page under `key`, newest first by default. Raises AwsError (ValidationException)."""
    newest_first = query.get("sortOrder", "Descending") == "Descending"
    chosen = sorted(items, key=created, reverse=newest_first)
    start, size = _start(query.get("nextToken")), query.get("maxResults", PAGE)
    token = {"nextToken": _token(start + size)} if start + size < len(chosen) else {}
    return {key: [view(item) for item in chosen[start : start + size]], **token}


def created_between(at: datetime, after: str | None, before: str | None) -> bool:
    """Return whether `at` is between two times. Raises AwsError (ValidationException) if one is invalid."""
    return (after is None or at > _time(after)) and (before is None or at < _time(before))


def _typed(value: str, kind: str) -> Any:
    if kind == "integer" and value.isdecimal():
        return int(value)
    return value == "true" if kind == "boolean" and value in ("true", "false") else value


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise AwsError("ValidationException", 400, f"{text} is not a valid timestamp") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def _start(token: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except (ValueError, binascii.Error) as error:
        raise AwsError("ValidationException", 400, "nextToken is invalid") from error
