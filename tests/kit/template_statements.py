"""Reads the statements and references of template.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def statements(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all policy statements in a resource."""
    return [node for node in _mappings(resource) if "Effect" in node]


def _mappings(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _mappings(child)


def attribute(value: dict[str, Any]) -> str:
    """Return the target of `Fn::GetAtt` as `Resource.Attribute`; the YAML short form is parsed as a list."""
    target = value["Fn::GetAtt"]
    return target if isinstance(target, str) else ".".join(target)
