"""Samples whose reference or answer exhausts time or memory, as (grader, reference, answer)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

LEVELS = 28


def _fan_out(node: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Return a schema in which each of LEVELS definitions refers to the next one twice."""
    levels = {f"d{n}": node(f"#/$defs/d{n + 1}") for n in range(LEVELS)}
    return {"$ref": "#/$defs/d0", "$defs": {**levels, f"d{LEVELS}": {}}}


def _twice(ref: str) -> dict[str, Any]:
    return {"allOf": [{"$ref": ref}, {"$ref": ref}]}


def _unevaluated(ref: str) -> dict[str, Any]:
    return {"unevaluatedProperties": False, **_twice(ref)}


def _dependent(ref: str) -> dict[str, Any]:
    return {"dependentSchemas": {"a": {"$ref": ref}, "b": {"$ref": ref}}}


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"format": {"json_schema": schema}}


def _pattern(pattern: str) -> dict[str, Any]:
    return {"format": {"forbidden": [pattern]}}


def _extract(value: Any) -> dict[str, Any]:
    return {"extract": {"value": {"a": value}}}


SAFE = {"weights": {"safety": 1}}
NESTED = "(?:" * 49 + "a" + "){1,2}" * 49
MARKS = "a" + "\u0301\u0323" * 45_000

HOSTILE: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "references that fan out": ("format", _schema(_fan_out(_twice)), "{}"),
    "unevaluated properties that fan out": ("format", _schema(_fan_out(_unevaluated)), '{"a": 1}'),
    "evaluated properties that fan out": (
        "format",
        _schema({"unevaluatedProperties": False, **_fan_out(_dependent)}),
        '{"a": 1, "b": 1}',
    ),
    "a reference to itself": ("format", _schema({"$ref": "#"}), "{}"),
    "counts of counts": ("format", _pattern("((((a{100}){100}){100}){100})"), "a"),
    "optional counts in counts": ("composite", {"composite": SAFE, "safety": {"forbidden": [NESTED]}}, "a"),
    "a pattern in a schema": ("format", _schema({"pattern": "(((a{100}){100}){100})"}), '"a"'),
    "nested parentheses": ("format", _schema({"pattern": "(" * 450 + ")" * 450}), '"a"'),
    "a search without end": ("format", _pattern("(a|aa)+$"), "a" * 50_000 + "!"),
    "a search that remembers": ("format", _pattern("(?:(a)|(b)|(.))*!!"), "!!" + "ab" * 2_000_000),
    "half a million lists": ("format", _schema({"type": "array"}), "[" * 500_000),
    "a million lines": ("format", {"format": {"sections": ["Answer"]}}, "a:\n" * 1_000_000),
    "combining marks": ("extract", _extract("\u0323\u0301" * 300), '{"a": "' + MARKS + '"}'),
    "numbers without end": ("extract", _extract(1), '{"a": 1' + "0" * 90_000 + "}"),
}
HARMLESS: Mapping[str, tuple[dict[str, Any], str]] = {
    "format": (_schema({"type": "object"}), '{"a": 1}'),
    "composite": ({"composite": SAFE, "safety": {"forbidden": ["x"]}}, "fine"),
    "extract": (_extract("b"), '{"a": "b"}'),
}


def sample(name: str, reference: dict[str, Any], answer: str) -> dict[str, Any]:
    """Return a sample in Bedrock's format."""
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}]
    return {"id": name, "messages": turns, "reference_answer": reference}
