"""Moto's CloudFormation: which resources it creates, and what a stack's intrinsic functions resolve to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import Stack, cloudformation_backends

from emulator.moto.account import ACCOUNT


def is_supported(resource_type: str) -> bool:
    """True where moto's CloudFormation creates such a resource."""
    return resource_type in parsing.get_model_map()


def resolve(stack_id: str, region: str, value: Any) -> Any:
    """A piece of a stack's template with its intrinsic functions resolved."""
    return parsing.clean_json(value, cloudformation_backends[ACCOUNT][region].stacks[stack_id].resource_map)


def conditions(stack_id: str, region: str) -> dict[str, bool]:
    """The conditions of a stack's template by name: which of them hold."""
    known = cloudformation_backends[ACCOUNT][region].stacks[stack_id].resource_map.lazy_condition_map
    return {name: bool(known[name]) for name in known}


def move_outputs(stack_id: str, region: str, host: str, url: str) -> None:
    """Outputs at `https://host` become `url`, for clients that read the address from the stack."""
    for output in cloudformation_backends[ACCOUNT][region].stacks[stack_id].output_map.values():
        output.value = output.value.replace(f"https://{host}", url)


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """What stands for what in moto: object, attribute, new value."""
    yield parsing, "clean_json", _without_no_value(parsing.clean_json)
    yield Stack, "parse_template", staticmethod(_json_first(Stack.parse_template))


def _json_first(original: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    """Moto reads a template as YAML, which takes a hundred times longer for JSON."""

    def parse_template(template: str) -> dict[str, Any]:
        try:
            parsed: dict[str, Any] = json.loads(template)
        except json.JSONDecodeError:
            return original(template)
        return parsed

    return parse_template


def _without_no_value(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Moto leaves a None in a list where `AWS::NoValue` stood."""

    def clean_json(value: Any, resources: Any) -> Any:
        cleaned = original(value, resources)
        return [item for item in cleaned if item is not None] if isinstance(value, list) else cleaned

    return clean_json
