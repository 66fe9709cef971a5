"""Physical names that CloudFormation generates: deterministic for new stacks, persisted for existing ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, MutableMapping
from typing import Any

from moto.cloudformation import parsing

SUFFIX_LENGTH = 12
"""Length of the random suffix of AWS and moto."""

SHORT_TYPES = frozenset({"AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Events::Rule"})
MAX_SHORT_NAME = 64
PART_LENGTH = 25
"""Maximum characters of stack name and logical id that CloudFormation keeps if the physical name is too long."""


def fixed() -> Iterator[tuple[Any, str, Any]]:
    original = parsing.generate_resource_name

    def generate_resource_name(resource_type: str, stack_name: str, logical_id: str) -> str:
        name: str = original(resource_type, stack_name, logical_id)
        if resource_type in SHORT_TYPES and len(name) > MAX_SHORT_NAME:
            name = f"{stack_name[:PART_LENGTH]}-{logical_id[:PART_LENGTH]}-{name[-SUFFIX_LENGTH:]}"
        # not random, so that equal state machines are parsed once per process
        suffix = hashlib.sha256(f"{stack_name}/{logical_id}".encode()).hexdigest()[:SUFFIX_LENGTH]
        return name[:-SUFFIX_LENGTH] + (suffix if name.islower() else suffix.upper())

    yield parsing, "generate_resource_name", generate_resource_name


def replacements(names: MutableMapping[str, str]) -> Iterator[tuple[Any, str, Any]]:
    """Yield patches of moto: (object, attribute, replacement).

    `names` maps `<stack>/<logical id>` to physical names; new names are added.
    """
    original = parsing.generate_resource_name

    def generate_resource_name(resource_type: str, stack_name: str, logical_id: str) -> str:
        key = f"{stack_name}/{logical_id}"
        if key not in names:
            names[key] = original(resource_type, stack_name, logical_id)
        return names[key]

    yield parsing, "generate_resource_name", generate_resource_name
