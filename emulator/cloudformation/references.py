"""Replaces references to resources that moto does not support by placeholder names. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Resource = dict[str, Any]


def supported_dependencies(resource: Resource, unsupported: Mapping[str, Resource]) -> Resource:
    waits = resource.get("DependsOn", [])
    supported = [name for name in ([waits] if isinstance(waits, str) else waits) if name not in unsupported]
    return {
        **{k: v for k, v in resource.items() if k != "DependsOn"},
        **({"DependsOn": supported} if supported else {}),
    }


def replace_references(unsupported: Mapping[str, Resource], value: Any) -> Any:
    """Replace references to resources that moto does not support by `emulated-<logical id>`.

    A reference to a function's alias becomes the alias ARN, which the emulated Lambda resolves to the function.
    """
    if isinstance(value, list):
        return [replace_references(unsupported, item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("Ref") in unsupported:
        name: str = value["Ref"]
        return (
            {"Fn::Sub": _name_for(unsupported, name)} if _is_alias(unsupported[name]) else _name_for(unsupported, name)
        )
    attribute = value.get("Fn::GetAtt")
    if isinstance(attribute, list) and attribute[0] in unsupported:
        return f"emulated-{attribute[0].lower()}"
    if "Fn::Sub" in value:
        return {"Fn::Sub": _replace_in_sub(unsupported, value["Fn::Sub"])}
    return {key: replace_references(unsupported, item) for key, item in value.items()}


def _replace_in_sub(unsupported: Mapping[str, Resource], sub: Any) -> Any:
    if isinstance(sub, list):
        return [_replace_in_sub(unsupported, sub[0]), replace_references(unsupported, sub[1])]
    return re.sub(
        r"\$\{(\w+)(\.\w+)?\}",
        lambda found: _name_for(unsupported, found[1]) if found[1] in unsupported else found[0],
        sub,
    )


def _is_alias(resource: Resource) -> bool:
    return bool(resource["Type"] == "AWS::Lambda::Alias")


def _name_for(unsupported: Mapping[str, Resource], name: str) -> str:
    """Return the replacement as text for an Fn::Sub."""
    if not _is_alias(unsupported[name]):
        return f"emulated-{name.lower()}"
    alias = unsupported[name]["Properties"]
    return f"${{{alias['FunctionName']['Ref']}.Arn}}:{alias['Name']}"
