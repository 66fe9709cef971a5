"""Sizes of a stack and of the policies in it, which AWS refuses beyond its quotas."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.cloudformation.template import StackTemplate

Resolve = Callable[[Any], Any]
"""A piece of the template with its intrinsic functions resolved."""

MAX_TEMPLATE_BYTES = 1_048_576
MAX_RESOURCES = 500
MAX_PARAMETERS = 200
MAX_OUTPUTS = 200
"""AWS CloudFormation quotas; a template of this size comes from S3."""

MAX_INLINE_POLICIES = 10_240
MAX_TRUST_POLICY = 2_048
MAX_ROLE_NAME = 64
"""IAM quotas: characters without white space of all inline policies of a role, and of its trust policy."""

MAX_FUNCTION_POLICY = 20_480
"""AWS Lambda quotas: bytes of a function's resource-based policy."""

MAX_DEFINITION_BYTES = 1_048_576
"""AWS Step Functions quotas: a state machine's definition."""


def check_quotas(template: StackTemplate, resolve: Resolve) -> None:
    """Raises ValueError for what exceeds a quota, with its name, its size and the quota."""
    for what, size, quota in sizes(template, resolve):
        if size > quota:
            raise ValueError(f"{what} has {size:,}, more than the quota of {quota:,}")


def sizes(template: StackTemplate, resolve: Resolve) -> Iterator[tuple[str, int, int]]:
    """What has a quota, its size, and the quota."""
    yield "the template: bytes", len(_text(_as_uploaded(template))), MAX_TEMPLATE_BYTES
    yield "the template: resources", len(template.resources), MAX_RESOURCES
    yield "the template: parameters", len(template.parameters), MAX_PARAMETERS
    yield "the template: outputs", len(template.body.get("Outputs", {})), MAX_OUTPUTS
    for name, role in template.of_type("AWS::IAM::Role"):
        properties = role["Properties"]
        inline = [resolve(policy["PolicyDocument"]) for policy in properties.get("Policies", [])]
        yield f"{name}: characters of inline policies", sum(map(len, map(_text, inline))), MAX_INLINE_POLICIES
        trust = _text(resolve(properties["AssumeRolePolicyDocument"]))
        yield f"{name}: characters of the trust policy", len(trust), MAX_TRUST_POLICY
        yield f"{name}: characters of the name", len(str(resolve({"Ref": name}))), MAX_ROLE_NAME
    for function, size in _function_policies(template, resolve).items():
        yield f"{function}: bytes of its policy", size, MAX_FUNCTION_POLICY
    for name, machine in template.of_type("AWS::StepFunctions::StateMachine"):
        definition = str(resolve(machine["Properties"].get("DefinitionString", "")))
        yield f"{name}: bytes of the definition", len(definition.encode()), MAX_DEFINITION_BYTES


def _as_uploaded(template: StackTemplate) -> Mapping[str, Any]:
    """The template without definitions of state machines: SAM leaves these in files of their own."""
    resources = {
        name: {**each, "Properties": {k: v for k, v in each.get("Properties", {}).items() if k != "DefinitionString"}}
        for name, each in template.resources.items()
    }
    return {**template.body, "Resources": resources}


def _function_policies(template: StackTemplate, resolve: Resolve) -> Mapping[str, int]:
    """Sizes by function; a statement as Lambda writes it for a permission."""
    found: dict[str, int] = defaultdict(int)
    for name, permission in template.of_type("AWS::Lambda::Permission"):
        properties = {key: resolve(value) for key, value in permission["Properties"].items()}
        function = str(properties["FunctionName"])
        statement = {
            "Sid": f"stack-{name}-{'0' * 12}",
            "Effect": "Allow",
            "Principal": {"Service": properties["Principal"]},
            "Action": properties["Action"],
            "Resource": f"arn:aws:lambda:ap-southeast-1:123456789012:function:{function}",
            "Condition": {"ArnLike": {"AWS:SourceArn": properties.get("SourceArn", "")}},
        }
        found[function] += len(_text(statement))
    return found


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)
