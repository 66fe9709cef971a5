"""template.yaml with VpcSubnetIds and VpcSecurityGroupIds: who gets which rights on EC2, and that both are given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from emulator.bedrock.job_network import network_checks
from emulator.cloudformation.parameters import check_parameters
from emulator.iam.authorizer import Check
from emulator.iam.context import Context
from emulator.iam.documents import statements
from emulator.iam.evaluation import AccessRequest, PolicySet, evaluate
from emulator.iam.principals import session
from tests.kit.project import RESOURCES, TEMPLATE

SUBNETS, GROUPS = ["subnet-0a1b2c3d", "subnet-1a1b2c3d"], ["sg-0a1b2c3d"]
GIVEN = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "VpcSubnetIds": ",".join(SUBNETS),
    "VpcSecurityGroupIds": ",".join(GROUPS),
}
JOB = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-2-lite-v1:0:256k/0123456789ab"
ROLE = session("arn:aws:iam::123456789012:role/bedrock", "job")


def resolved(node: Any) -> Any:
    match node:
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([\w:]+)\}", lambda found: GIVEN[found[1]], text)
        case {"Fn::Split": [separator, value]}:
            return resolved(value).split(separator)
        case {"Ref": name}:
            return GIVEN[name]
        case dict():
            return {key: resolved(value) for key, value in node.items()}
        case list():
            return [resolved(value) for value in node]
        case _:
            return node


POLICY = statements(resolved(RESOURCES["BedrockNetworkPolicy"]["Properties"]["PolicyDocument"]))
BOUNDARY = statements(RESOURCES["FunctionBoundary"]["Properties"]["PolicyDocument"])


def checks(**network: Any) -> list[Check]:
    return list(network_checks({"vpcConfig": {"subnetIds": SUBNETS, "securityGroupIds": GROUPS, **network}}, JOB))


def allowed(check: Check, keys: Mapping[str, Any] | None = None) -> bool:
    request = AccessRequest(ROLE, check.action, check.resource, Context.of(check.keys if keys is None else keys))
    return evaluate(request, PolicySet(identity=POLICY)).allowed


def test_bedrocks_role_has_the_permissions_for_a_job_in_a_vpc() -> None:
    assert {"ec2:CreateNetworkInterface", "ec2:CreateTags", "ec2:DescribeVpcs"} <= {c.action for c in checks()}
    assert [check for check in checks() if not allowed(check)] == []


@pytest.mark.parametrize("changed", [{"subnetIds": ["subnet-ffffffff"]}, {"securityGroupIds": ["sg-ffffffff"]}])
def test_another_subnet_or_group_than_the_stacks_is_denied(changed: dict[str, Any]) -> None:
    assert [check.action for check in checks(**changed) if not allowed(check)] == ["ec2:CreateNetworkInterface"]


def test_network_interfaces_of_other_services_are_denied() -> None:
    changing = [check for check in checks() if check.keys]
    assert changing
    assert [check for check in changing if allowed(check, keys={})] == []


def test_each_statement_of_the_policy_is_needed() -> None:
    def is_enough(without: int) -> bool:
        reduced = PolicySet(identity=[statement for at, statement in enumerate(POLICY) if at != without])
        requests = (AccessRequest(ROLE, c.action, c.resource, Context.of(c.keys)) for c in checks())
        return all(evaluate(request, reduced).allowed for request in requests)

    assert [at for at in range(len(POLICY)) if is_enough(at)] == []


def bounded(action: str, source_function: str | None) -> bool:
    everything = statements({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    context = Context.of({"lambda:SourceFunctionArn": source_function})
    request = AccessRequest(ROLE, action, "*", context)
    return evaluate(request, PolicySet(identity=everything, boundary=BOUNDARY)).allowed


def test_network_interfaces_are_managed_by_lambda_not_function_code() -> None:
    function = "arn:aws:lambda:us-east-1:123456789012:function:rft-GradePandalm"
    assert bounded("ec2:CreateNetworkInterface", None)
    assert not bounded("ec2:CreateNetworkInterface", function)
    assert bounded("s3:GetObject", function)


@pytest.mark.parametrize("subnets", ["", SUBNETS[0]])
@pytest.mark.parametrize("groups", ["", GROUPS[0]])
def test_subnets_require_security_groups_and_vice_versa(subnets: str, groups: str) -> None:
    values = {"VpcSubnetIds": subnets, "VpcSecurityGroupIds": groups}
    if bool(subnets) == bool(groups):
        check_parameters(TEMPLATE["Parameters"], TEMPLATE["Rules"], values)
        return
    with pytest.raises(ValueError, match="VpcSubnetIds and VpcSecurityGroupIds must be given both"):
        check_parameters(TEMPLATE["Parameters"], TEMPLATE["Rules"], values)
