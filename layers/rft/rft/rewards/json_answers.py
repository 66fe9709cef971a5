"""Checks an answer that should be JSON against a JSON Schema, in bounded time whatever answer and schema are.

`jsonschema` is the reference implementation of all drafts and generates no code from a schema. What could take for
ever or reach out is replaced or refused: patterns have a time limit, unique items are found by their text, references
stay inside the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import referencing
from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from referencing.exceptions import Unresolvable

from rft.rewards.patterns import found
from rft.rewards.samples import UngradableSample

MAX_CHARACTERS = 100_000
MAX_DEPTH = 64
"""Answers that are longer or nested more deeply are no answers: nothing that is asked for comes near."""

_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*)\n[ \t]*```", re.DOTALL | re.IGNORECASE)
_WHERE = "reference_answer.format.json_schema"


def fits(text: str, schema: dict[str, Any]) -> bool:
    """Whether `text` is one JSON value, alone or alone in a code fence, that `schema` takes.

    A key that stands twice is refused. Raises UngradableSample where the schema cannot be used.
    """
    validator = _validator(json.dumps(schema, sort_keys=True))
    if len(text) > MAX_CHARACTERS:
        return False
    fenced = _FENCE.fullmatch(text.strip())
    try:
        value = json.loads(fenced[1] if fenced else text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return _depth(value) <= MAX_DEPTH and _is_valid(validator, value)


def _is_valid(validator: Validator, value: object) -> bool:
    try:
        return bool(validator.is_valid(value))
    except Unresolvable as error:
        raise UngradableSample(f"{_WHERE}: holds a $ref that leads nowhere") from error
    except RecursionError as error:
        raise UngradableSample(f"{_WHERE}: refers to itself without end") from error


@lru_cache(maxsize=256)
def _validator(text: str) -> Validator:
    schema = json.loads(text)
    for node in _nodes(schema):
        _check(node)
    kind = _bounded(validator_for(schema, default=Draft202012Validator))
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        place = "".join(f".{part}" for part in error.absolute_path)
        raise UngradableSample(f"{_WHERE}{place}: is not JSON Schema") from error
    return kind(schema, registry=referencing.Registry())


@cache
def _bounded(kind: type[Validator]) -> type[Validator]:
    bounded: type[Validator] = extend(kind, {"pattern": _pattern, "uniqueItems": _unique_items})
    return bounded


def _check(node: dict[str, Any]) -> None:
    for key in ("$ref", "$dynamicRef", "$recursiveRef"):
        if not str(node.get(key, "#")).startswith("#"):
            raise UngradableSample(f"{_WHERE}: a {key} must stay inside the schema; it starts with #")
    if "patternProperties" in node:
        raise UngradableSample(f"{_WHERE}: patternProperties is not supported; name the properties")


def _pattern(validator: Validator, pattern: str, value: object, _: object) -> Iterator[ValidationError]:
    if validator.is_type(value, "string") and not found(pattern, str(value), where=f"{_WHERE} pattern"):
        yield ValidationError("does not match")


def _unique_items(validator: Validator, unique: object, value: Any, _: object) -> Iterator[ValidationError]:
    if unique and validator.is_type(value, "array"):
        texts = [json.dumps(_canonical(item), sort_keys=True) for item in value]
        if len(set(texts)) < len(texts):
            yield ValidationError("items are not unique")


def _canonical(value: Any) -> Any:
    """1.0 and 1 are one number in JSON Schema."""
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object under `value`, itself included."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(child)


def _depth(value: object) -> int:
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        depth += 1
        inside = (v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list))
        level = [child for children in inside for child in children]
    return depth


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
