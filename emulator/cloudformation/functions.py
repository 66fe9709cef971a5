"""The functions of a stack: code, configuration, versions and aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from emulator.cloudformation.artifacts import folder_of
from emulator.cloudformation.template import StackTemplate
from emulator.functions.code import CodeStore
from emulator.functions.registry import Functions
from emulator.functions.spec import FunctionSpec, check_environment, check_settings, spec_of
from emulator.moto.functions import stored_function

Resolve = Callable[[Any], Any]
"""Resolves the intrinsic functions in part of a template."""


def function_specs(
    template: StackTemplate,
    physical_ids: Mapping[str, str],
    *,
    region: str,
    resolve: Resolve,
    root: Path,
    code: CodeStore,
) -> list[FunctionSpec]:
    """Return $LATEST of each function, with the current code in the folders under `root`.

    Raises ValueError for a function that Lambda would reject.
    """
    layers = {
        name: code.add_folder(folder_of(resource, root))
        for name, resource in template.of_type("AWS::Lambda::LayerVersion")
    }
    asynchronous = _asynchronous(template, resolve)
    specs = []
    for logical_id, resource in template.of_type("AWS::Lambda::Function"):
        stored = stored_function(region, physical_ids[logical_id])
        properties = resource["Properties"]
        check_environment(stored.configuration.get("Environment", {}).get("Variables", {}))
        check_settings(stored.configuration["Timeout"], stored.configuration["MemorySize"])
        specs.append(
            spec_of(
                stored.configuration,
                logical_id=logical_id,
                folder=code.add_folder(folder_of(resource, root)),
                layers=tuple(layers[ref["Ref"]] for ref in properties.get("Layers", []) if ref.get("Ref") in layers),
                further=_not_known_to_moto(resolve(properties)),
                **asynchronous[logical_id],
            )
        )
    return specs


def publish(template: StackTemplate, functions: Functions, published: Mapping[str, str]) -> dict[str, str]:
    """Publish the template's versions that are not in `published`, and point aliases to them.

    `published` and the result map logical ids of versions to version numbers. As in CloudFormation, a version with an
    unchanged logical id is not published again, even if the function changed.
    """
    numbers = dict(published)
    for logical_id, version in template.of_type("AWS::Lambda::Version"):
        if logical_id not in numbers:
            numbers[logical_id] = functions.publish(version["Properties"]["FunctionName"]["Ref"]).version
    for function, alias in aliases(template):
        chosen = next(
            number
            for logical_id, version in template.of_type("AWS::Lambda::Version")
            if version["Properties"]["FunctionName"]["Ref"] == function and (number := numbers[logical_id])
        )
        functions.versions(function).set_alias(alias, chosen)
    return numbers


def aliases(template: StackTemplate) -> Iterator[tuple[str, str]]:
    """Yield (function's logical id, alias name)."""
    for _, alias in template.of_type("AWS::Lambda::Alias"):
        yield alias["Properties"]["FunctionName"]["Ref"], alias["Properties"]["Name"]


def _not_known_to_moto(properties: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "Architectures",
        "EphemeralStorage",
        "TracingConfig",
        "LoggingConfig",
        "ReservedConcurrentExecutions",
        "VpcConfig",
    )
    return {name: properties[name] for name in names if name in properties}


def _asynchronous(template: StackTemplate, resolve: Resolve) -> dict[str, dict[str, Any]]:
    """Return each function's settings for failed asynchronous invocations: dead-letter queue and retries."""
    settings: dict[str, dict[str, Any]] = {}
    for name, resource in template.of_type("AWS::Lambda::Function"):
        target = resource["Properties"].get("DeadLetterConfig", {}).get("TargetArn")
        settings[name] = {"dead_letter_arn": resolve(target)}
    for _, resource in template.of_type("AWS::Lambda::EventInvokeConfig"):
        properties = resource["Properties"]
        chosen = settings[properties["FunctionName"]["Ref"]]
        target = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        chosen["dead_letter_arn"] = resolve(target) or chosen["dead_letter_arn"]
        chosen["async_retries"] = int(properties.get("MaximumRetryAttempts", 2))
    return settings
