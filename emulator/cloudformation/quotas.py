"""Quotas of AWS on the size of a stack and of its policies, which moto does not enforce."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.cloudformation.template import StackTemplate

Resolve = Callable[[Any], Any]
"""Resolves the intrinsic functions in part of a template."""

MAX_TEMPLATE_BYTES = 1_048_576
MAX_RESOURCES = 500
MAX_PARAMETERS = 200
MAX_OUTPUTS = 200
"""AWS CloudFormation quotas; the size limit is that of a template in S3."""

MAX_INLINE_POLICIES = 10_240
MAX_TRUST_POLICY = 2_048
MAX_ROLE_NAME = 64
"""IAM quotas, in characters without white space: a role's inline policies in total, and its trust policy."""

MAX_FUNCTION_POLICY = 20_480
"""Maximum bytes of a function's resource-based policy (AWS Lambda quotas)."""

MAX_DEFINITION_BYTES = 1_048_576
"""Maximum bytes of a state machine's definition (AWS Step Functions quotas)."""


def check_quotas(template: StackTemplate, resolve: Resolve) -> None:
    """Raise ValueError with name, size and quota if a quota is exceeded."""
    for what, size, quota in sizes(template, resolve):
        if size > quota:
            raise ValueError(f"{what}: {size:,} exceeds the quota of {quota:,}")


def sizes(template: StackTemplate, resolve: Resolve) -> Iterator[tuple[str, int, int]]:
    """Yield (name, size, quota) of everything that has a quota."""
    yield "template bytes", len(_text(_as_uploaded(template))), MAX_TEMPLATE_BYTES
    yield "resources in the template", len(template.resources), MAX_RESOURCES
    yield "parameters in the template", len(template.parameters), MAX_PARAMETERS
    yield "outputs in the template", len(template.body.get("Outputs", {})), MAX_OUTPUTS
    for name, role in template.of_type("AWS::IAM::Role"):
        properties = role["Properties"]
        inline = [resolve(policy["PolicyDocument"]) for policy in properties.get("Policies", [])]
        yield f"characters of inline policies of {name}", sum(map(len, map(_text, inline))), MAX_INLINE_POLICIES
        trust = _text(resolve(properties["AssumeRolePolicyDocument"]))
        yield f"characters of the trust policy of {name}", len(trust), MAX_TRUST_POLICY
        yield f"characters of the name of {name}", len(str(resolve({"Ref": name}))), MAX_ROLE_NAME
    for function, size in _function_policies(template, resolve).items():
        yield f"bytes of the policy of {function}", size, MAX_FUNCTION_POLICY
    for name, machine in template.of_type("AWS::StepFunctions::StateMachine"):
        definition = str(resolve(machine["Properties"].get("DefinitionString", "")))
        yield f"bytes of the definition of {name}", len(definition.encode()), MAX_DEFINITION_BYTES


def _as_uploaded(template: StackTemplate) -> Mapping[str, Any]:
    # SAM uploads state machine definitions as separate files
    resources = {
        name: {**each, "Properties": {k: v for k, v in each.get("Properties", {}).items() if k != "DefinitionString"}}
        for name, each in template.resources.items()
    }
    return {**template.body, "Resources": resources}


def _function_policies(template: StackTemplate, resolve: Resolve) -> Mapping[str, int]:
    """Return the policy size in bytes by function, with statements in the format of Lambda."""
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
