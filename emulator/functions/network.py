"""Permissions that a function's role needs to attach the function to a VPC."""

from __future__ import annotations

from emulator.functions.spec import FunctionSpec
from emulator.iam.authorizer import Authorizer, Check
from emulator.iam.principals import session

ACTIONS = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface")
"""Source: AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC"."""


def require_network(authorizer: Authorizer, function: FunctionSpec) -> None:
    """Raise ValueError, with Lambda's message, if the role of a VPC function may not manage network interfaces."""
    if not (function.configuration.get("VpcConfig") or {}).get("SubnetIds"):
        return
    lambda_itself = session(function.role_arn, function.name)
    for action in ACTIONS:
        if not authorizer.allows(lambda_itself, Check(f"ec2:{action}", "*")):
            raise ValueError(f"The provided execution role does not have permissions to call {action} on EC2")
