"""Names that CloudFormation draws at random, on disk and back."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from moto.cloudformation import parsing


def replacements(names: MutableMapping[str, str]) -> Iterator[tuple[Any, str, Any]]:
    """What stands for what in moto: object, attribute, new value.

    `names` are by stack and logical id; new ones are added.
    """
    original = parsing.generate_resource_name

    def generate_resource_name(resource_type: str, stack_name: str, logical_id: str) -> str:
        key = f"{stack_name}/{logical_id}"
        if key not in names:
            names[key] = original(resource_type, stack_name, logical_id)
        return names[key]

    yield parsing, "generate_resource_name", generate_resource_name
