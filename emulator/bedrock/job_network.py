"""Permissions that the role of a job in a VPC needs: Bedrock creates and deletes network interfaces with it.

Amazon Bedrock User Guide, "Protect your model customization jobs using a VPC".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.iam.authorizer import Check

DESCRIBED = ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups")
MANAGED = ("CreateNetworkInterfacePermission", "DeleteNetworkInterface", "DeleteNetworkInterfacePermission")
TAGS = ("BedrockManaged", "BedrockModelCustomizationJobArn")


def network_checks(request: Mapping[str, Any], job_arn: str) -> Iterator[Check]:
    """Yield the checks for the job's `vpcConfig`; yields nothing if it has none."""
    network = request.get("vpcConfig")
    if not network:
        return
    ec2 = f"arn:aws:ec2:{':'.join(job_arn.split(':')[3:5])}"
    interface, subnets = f"{ec2}:network-interface/new", network["subnetIds"]
    values = dict(zip(TAGS, ("true", job_arn), strict=True))
    for kind in DESCRIBED:
        yield Check(f"ec2:Describe{kind}", "*")
    yield Check("ec2:CreateNetworkInterface", interface, {f"aws:RequestTag/{tag}": values[tag] for tag in TAGS})
    for group in network["securityGroupIds"]:
        yield Check("ec2:CreateNetworkInterface", f"{ec2}:security-group/{group}", {"ec2:SecurityGroupID": group})
    yield Check("ec2:CreateTags", interface, {"ec2:CreateAction": "CreateNetworkInterface", "aws:TagKeys": TAGS})
    tagged = {f"ec2:ResourceTag/{tag}": values[tag] for tag in TAGS}
    for subnet in subnets:
        arn = f"{ec2}:subnet/{subnet}"
        yield Check("ec2:CreateNetworkInterface", arn, {"ec2:SubnetID": subnet})
        for action in MANAGED:
            yield Check(f"ec2:{action}", interface, {"ec2:Subnet": arn, **tagged})
