"""Validates a JSON answer against a JSON Schema in bounded time for every answer and schema.

`jsonschema` implements all drafts and generates no code from a schema. Features with unbounded time or network access
are replaced, limited or rejected: patterns have a size limit and a timeout, unique items are compared by their
serialized text, validation has a step limit, and references must stay inside the schema.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import referencing
from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from referencing.exceptions import Unresolvable

from rft.rewards.patterns import found
from rft.rewards.samples import UngradableSample
from rft.rewards.schema_steps import MAX_STEPS, TooManySteps, allow_steps, counted

MAX_CHARACTERS = 100_000
MAX_DEPTH = 64
MAX_VALUES = 20_000
"""Limit for values in an answer. No valid answer of the supported tasks is near it."""

MAX_SCHEMA_CHARACTERS = 50_000
MAX_SCHEMA_STEPS = 1_000_000
"""Step limit for validating a schema of the maximum size against the meta-schema."""

MAX_DIGITS = 308
"""Digits of a number: more exceed the range of a float, which JSON Schema's arithmetic uses."""

_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*(?:json)?[ \t]*\n(.*)\n[ \t]*\1[`~]*", re.DOTALL | re.IGNORECASE)
_NAMED = frozenset({"properties", "$defs", "definitions", "dependentSchemas", "dependencies"})
"""Keywords whose value maps names to schemas."""

_VALUES = frozenset({"const", "enum", "default", "examples"})
"""Keywords whose value is data, not a schema."""

_NO_FORMATS = FormatChecker(formats=())
"""No format checks: `regex` accepts patterns that the check for the `regex` format, based on `re`, would reject."""

_LINE_END = re.compile(r"\r\n?")
_WHERE = "reference_answer.format.json_schema"


def unfenced(text: str) -> str:
    """The content of the code fence around the text; the whole text if there is no fence."""
    plain = _LINE_END.sub("\n", text).strip()
    found = _FENCE.fullmatch(plain)
    return found[2] if found else plain


def fits(text: str, schema: dict[str, Any]) -> bool:
    """True if `text` is a single JSON value, bare or in a code fence, that is valid against `schema`.

    Duplicate keys are rejected. Raises UngradableSample if the schema is invalid.
    """
    validator = schema_validator(schema)
    if len(text) > MAX_CHARACTERS:
        return False
    try:
        value = _DECODER.decode(unfenced(text))
    except (ValueError, RecursionError):
        return False
    return _has_normal_size(value) and is_valid(validator, value)


def schema_validator(schema: dict[str, Any]) -> Validator:
    """Raises UngradableSample if the schema is invalid."""
    validator = _validator(json.dumps(schema, sort_keys=True))
    if isinstance(validator, str):
        raise UngradableSample(validator)
    return validator


def is_valid(validator: Validator, value: object) -> bool:
    """Raises UngradableSample if the schema is invalid or validation exceeds the step limit."""
    allow_steps()
    try:
        return bool(validator.is_valid(value))
    except Unresolvable as error:
        raise UngradableSample(f"{_WHERE}: holds a $ref that leads nowhere") from error
    except RecursionError as error:
        raise UngradableSample(f"{_WHERE}: refers to itself without end") from error
    except TooManySteps as error:
        raise UngradableSample(f"{_WHERE}: takes over {MAX_STEPS:,} steps to check; make it simpler") from error


@lru_cache(maxsize=256)
def _validator(text: str) -> Validator | str:
    # Cached: rows share schemas.
    if len(text) > MAX_SCHEMA_CHARACTERS:
        return f"{_WHERE}: has over {MAX_SCHEMA_CHARACTERS:,} characters"
    schema = json.loads(text)
    allow_steps(MAX_SCHEMA_STEPS)
    try:
        for place, node in _schemas(schema):
            _check(node, place)
        kind = _bounded(validator_for(schema, default=Draft202012Validator))
        kind.check_schema(schema, format_checker=_NO_FORMATS)
    except SchemaError as error:
        place = "".join(f".{part}" for part in error.absolute_path)
        return f"{_WHERE}{place}: is not JSON Schema"
    except UngradableSample as error:
        return str(error)
    except (TooManySteps, RecursionError):
        return f"{_WHERE}: cannot be checked; make it simpler"
    return kind(schema, registry=referencing.Registry())


@cache
def _bounded(kind: type[Validator]) -> type[Validator]:
    bounded: type[Validator] = extend(kind, {"pattern": _pattern, "uniqueItems": _unique_items})
    return counted(bounded)


def _check(node: dict[str, Any], place: str) -> None:
    for key in ("$ref", "$dynamicRef", "$recursiveRef"):
        if isinstance(node.get(key), str) and not node[key].startswith("#"):
            raise UngradableSample(f"{_WHERE}{place}: a {key} must stay inside the schema; it starts with #")
    if "patternProperties" in node:
        raise UngradableSample(f"{_WHERE}{place}: patternProperties is not supported; name the properties")
    if isinstance(node.get("pattern"), str):
        found(node["pattern"], "", field=f"{_WHERE}{place}.pattern", ecma=True)


def _pattern(validator: Validator, pattern: str, value: object, _: object) -> Iterator[ValidationError]:
    if validator.is_type(value, "string") and not found(pattern, str(value), field=f"{_WHERE} pattern", ecma=True):
        yield ValidationError("does not match")


def _unique_items(validator: Validator, unique: object, value: Any, _: object) -> Iterator[ValidationError]:
    if unique and validator.is_type(value, "array"):
        texts = [json.dumps(_canonical(item), sort_keys=True) for item in value]
        if len(set(texts)) < len(texts):
            yield ValidationError("items are not unique")


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    # JSON Schema treats 1.0 and 1 as equal.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _schemas(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each schema under `value`, itself included, with its path. Property names are not keywords."""
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from _schemas(item, f"{place}[{at}]")
    if not isinstance(value, dict):
        return
    yield place, value
    for key, child in value.items():
        if key in _NAMED and isinstance(child, dict):
            for name, schema in child.items():
                yield from _schemas(schema, f"{place}.{key}.{name}")
        elif key not in _VALUES:
            yield from _schemas(child, f"{place}.{key}")


def _has_normal_size(value: object) -> bool:
    level, depth, values = [value], 0, 0
    while level and depth <= MAX_DEPTH and values <= MAX_VALUES:
        depth += 1
        values += len(level)
        inside = (v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list))
        level = [child for children in inside for child in children]
    return depth <= MAX_DEPTH and values <= MAX_VALUES


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is out of range")
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number is out of range")
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse, parse_float=_float, parse_int=_integer)
