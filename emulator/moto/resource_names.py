"""Names that CloudFormation gives to resources: the same for each new stack, on disk and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, MutableMapping
from typing import Any

from moto.cloudformation import parsing

SUFFIX_LENGTH = 12
"""As AWS and moto draw it at random."""


def fixed() -> Iterator[tuple[Any, str, Any]]:
    """Suffixes follow from stack and logical id: equal state machines are then parsed once for all emulators."""
    original = parsing.generate_resource_name

    def generate_resource_name(resource_type: str, stack_name: str, logical_id: str) -> str:
        name: str = original(resource_type, stack_name, logical_id)
        suffix = hashlib.sha256(f"{stack_name}/{logical_id}".encode()).hexdigest()[:SUFFIX_LENGTH]
        return name[:-SUFFIX_LENGTH] + (suffix if name.islower() else suffix.upper())

    yield parsing, "generate_resource_name", generate_resource_name


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
