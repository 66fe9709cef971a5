"""Moto's CloudFormation: supported resource types, resolution of a stack's intrinsic functions, deletion of stacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import CloudFormationBackend, Stack, cloudformation_backends
from moto.s3.models import FakeBucket

from emulator.moto.account import ACCOUNT


def is_supported(resource_type: str) -> bool:
    return resource_type in parsing.get_model_map()


def resolve(stack_id: str, region: str, value: Any) -> Any:
    """Resolve the intrinsic functions in part of a stack's template."""
    return parsing.clean_json(value, cloudformation_backends[ACCOUNT][region].stacks[stack_id].resource_map)


def conditions(stack_id: str, region: str) -> dict[str, bool]:
    known = cloudformation_backends[ACCOUNT][region].stacks[stack_id].resource_map.lazy_condition_map
    return {name: bool(known[name]) for name in known}


def move_outputs(stack_id: str, region: str, host: str, url: str) -> None:
    """Replace `https://{host}` by `url` in a stack's outputs, so that clients can read the address from the stack."""
    for output in cloudformation_backends[ACCOUNT][region].stacks[stack_id].output_map.values():
        output.value = output.value.replace(f"https://{host}", url)


def replacements() -> Iterator[tuple[Any, str, Any]]:
    yield parsing, "clean_json", _without_no_value(parsing.clean_json)
    yield Stack, "parse_template", staticmethod(_json_first(Stack.parse_template))
    yield CloudFormationBackend, "delete_stack", _deleting(CloudFormationBackend.delete_stack)


def _json_first(original: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    def parse_template(template: str) -> dict[str, Any]:
        try:
            # moto would parse JSON as YAML, which takes a hundred times longer
            parsed: dict[str, Any] = json.loads(template)
        except json.JSONDecodeError:
            return original(template)
        return parsed

    return parse_template


def _without_no_value(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def clean_json(value: Any, resources: Any) -> Any:
        cleaned = original(value, resources)
        # moto replaces list items that are `AWS::NoValue` by None
        return [item for item in cleaned if item is not None] if isinstance(value, list) else cleaned

    return clean_json


def _deleting(original: Callable[..., None]) -> Callable[..., None]:
    """Retain what the template retains, and fail for a bucket with objects; moto reports it as deleted.

    AWS CloudFormation Template Reference, "DeletionPolicy attribute".
    """

    def delete_stack(self: Any, name_or_stack_id: str) -> None:
        stack = self.stacks.get(name_or_stack_id)
        if stack is None:  # moto comes back with the ID of a stack that is named
            original(self, name_or_stack_id)
            return
        _retain(stack.resource_map)
        remaining = list(_full_buckets(stack.resource_map))
        original(self, name_or_stack_id)
        if remaining:
            self.deleted_stacks.pop(stack.stack_id, None)
            self.stacks[stack.stack_id] = stack
            reason = f"The following resource(s) failed to delete: [{', '.join(remaining)}]."
            stack._add_stack_event("DELETE_FAILED", resource_status_reason=reason)
            stack.status = "DELETE_FAILED"

    return delete_stack


def _retain(resources: Any) -> None:
    for resource in resources._resource_json_map.values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            # moto does not know RetainExceptOnCreate
            resource["DeletionPolicy"] = "Retain"


def _full_buckets(resources: Any) -> Iterator[str]:
    """Yield logical IDs of buckets that are to be deleted and hold objects or versions."""
    for logical_id, resource in resources._resource_json_map.items():
        bucket = resources._parsed_resources.get(logical_id)
        if isinstance(bucket, FakeBucket) and bucket.keys and resource.get("DeletionPolicy") != "Retain":
            yield logical_id
