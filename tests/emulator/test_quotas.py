"""Quotas of a stack: policies of roles and functions, definitions, names."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloudformation.quotas import check_quotas
from emulator.cloudformation.template import StackTemplate
from emulator.moto.resource_names import fixed


def stack(**resources: Any) -> StackTemplate:
    return StackTemplate({"Resources": resources}, {}, "")


def role(statements: int, *, trusted: int = 1) -> dict[str, Any]:
    resources = [f"arn:aws:s3:::bucket/{at:04}/*" for at in range(statements)]
    policy = {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}]}}
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}] * trusted}
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy], "AssumeRolePolicyDocument": trust}}


def permission(function: str) -> dict[str, Any]:
    properties = {"FunctionName": function, "Principal": "events.amazonaws.com", "Action": "lambda:InvokeFunction"}
    return {"Type": "AWS::Lambda::Permission", "Properties": properties}


def machine(size: int) -> dict[str, Any]:
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "x" * size}}


def check(template: StackTemplate) -> None:
    check_quotas(template, lambda value: value)


def test_a_stack_within_all_quotas_is_deployed() -> None:
    permissions = {f"Rule{at}": permission("Api") for at in range(60)}
    check(stack(Reader=role(300), Machine=machine(1_048_576), **permissions))


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        ({"Reader": role(400)}, r"characters of inline policies of Reader: 1\d,\d{3} .* 10,240"),
        ({"Reader": role(1, trusted=40)}, "trust policy of Reader"),
        ({f"Rule{at}": permission("Api") for at in range(100)}, "bytes of the policy of Api"),
        ({"Machine": machine(1_048_577)}, "bytes of the definition of Machine"),
        ({f"Topic{at}": {"Type": "AWS::SNS::Topic"} for at in range(501)}, "resources in the template: 501"),
    ],
)
def test_an_exceeded_quota_is_refused_by_name(resources: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check(stack(**resources))


@pytest.mark.parametrize("kind", ["AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Events::Rule"])
def test_a_long_name_is_shortened_as_by_cloudformation(kind: str) -> None:
    ((_, _, name_of),) = fixed()
    name = name_of(kind, "a-stack-with-a-long-name-of-its-own", "AFunctionWithALongNameOfItsOwn")
    assert name.startswith("a-stack-with-a-long-name--AFunctionWithALongNameOfI-")
    assert len(name) == 64
    assert name_of(kind, "rft", "Api").startswith("rft-Api-")
