"""JSON objects that are wrong in some or all fields. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rft.tasks.derived.other_values import other_value
from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.subject import Subject


def json_variants(subject: Subject) -> Iterator[DerivedProbe]:
    """Each value hedged, only one field right, keys only, and the right values under other keys."""
    fields = subject.fields
    if not fields:
        return
    for name, value in _variants(fields):
        if value != fields:
            yield DerivedProbe(f"json_variants/{name}", json.dumps(value, ensure_ascii=False))


def _variants(fields: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    first = next(iter(fields))
    yield "hedged", {key: f"{value} or {other_value(value)}" for key, value in fields.items()}
    yield "wrong_values", {key: other_value(value) for key, value in fields.items()}
    yield "keys_only", dict.fromkeys(fields)
    yield "empty_values", dict.fromkeys(fields, "")
    yield "empty", {}
    if len(fields) > 1:
        yield "one_field", {key: value if key == first else other_value(value) for key, value in fields.items()}
        yield "first_field_alone", {first: fields[first]}
    yield "other_keys", {f"{key}_": value for key, value in fields.items()}
