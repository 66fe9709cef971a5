"""Moto's CloudFormation: which resources it creates, and what a stack's intrinsic functions resolve to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.cloudformation import parsing
from moto.cloudformation.models import cloudformation_backends

from emulator.moto.account import ACCOUNT


def is_supported(resource_type: str) -> bool:
    """True where moto's CloudFormation creates such a resource."""
    return resource_type in parsing.get_model_map()


def resolve(stack_id: str, region: str, value: Any) -> Any:
    """A piece of a stack's template with its intrinsic functions resolved."""
    return parsing.clean_json(value, cloudformation_backends[ACCOUNT][region].stacks[stack_id].resource_map)


def move_outputs(stack_id: str, region: str, host: str, url: str) -> None:
    """Outputs at `https://host` become `url`, for clients that read the address from the stack."""
    for output in cloudformation_backends[ACCOUNT][region].stacks[stack_id].output_map.values():
        output.value = output.value.replace(f"https://{host}", url)


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """What stands for what in moto: object, attribute, new value."""
    yield parsing, "clean_json", _without_no_value(parsing.clean_json)
    yield parsing, "parse_and_update_resource", _keeping(parsing.parse_and_update_resource)
    yield LambdaFunction, "update_from_cloudformation_json", classmethod(_updated)


def _keeping(original: Callable[..., Any]) -> Callable[..., Any]:
    """A resource that moto cannot update stays as it is; moto would forget it."""

    def update(logical_id: str, resource_json: Any, resources: Any, **more: Any) -> Any:
        return original(logical_id, resource_json, resources, **more) or resources._parsed_resources[logical_id]

    return update


def _updated(_: Any, /, *, original_resource: Any, cloudformation_json: dict[str, Any], **__: Any) -> Any:
    """Moto has layers as objects where it wants their ARNs."""
    properties = cloudformation_json["Properties"]
    layers = [str(getattr(layer, "arn", layer)) for layer in properties.get("Layers", [])]
    original_resource.update_configuration({**properties, "Layers": layers})
    original_resource.update_function_code(properties["Code"])
    return original_resource


def _without_no_value(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Moto leaves a None in a list where `AWS::NoValue` stood."""

    def clean_json(value: Any, resources: Any) -> Any:
        cleaned = original(value, resources)
        return [item for item in cleaned if item is not None] if isinstance(value, list) else cleaned

    return clean_json
