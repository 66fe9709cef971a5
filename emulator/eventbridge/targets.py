"""Input of a rule's target: the event, a part of it, a constant, or a template filled from it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"<([A-Za-z][\w.-]*)>")
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]")


def target_input(target: Mapping[str, Any], event: Mapping[str, Any]) -> Any:
    """Return the input, decoded if it is JSON (EventBridge User Guide, "Input transformation")."""
    if "Input" in target:
        return _decoded(target["Input"])
    if "InputPath" in target:
        return at_path(event, target["InputPath"])
    if "InputTransformer" not in target:
        return event
    transformer = target["InputTransformer"]
    paths = transformer.get("InputPathsMap", {})
    values = {name: at_path(event, path) for name, path in paths.items()} | {"aws.events.event.json": event}
    return _decoded(_filled(transformer["InputTemplate"], values))


def at_path(value: Any, path: str) -> Any:
    """Return the value at a JSON path of names and indexes; returns None if it does not exist."""
    for name, index, quoted in _STEP.findall(path.removeprefix("$")):
        try:
            value = value[int(index)] if index else value[name or quoted]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Fill a template: variables outside quotes become JSON values, those inside a string are interpolated."""

    def value_of(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        value = values[found[1]]
        inside = len(re.findall(r'(?<!\\)"', template[: found.start()])) % 2 == 1
        text = json.dumps(value if not inside or isinstance(value, str) else json.dumps(value))
        return text[1:-1] if inside else text

    return _VARIABLE.sub(value_of, template)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
