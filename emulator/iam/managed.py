"""AWS managed policies that SAM attaches (AWS Managed Policy Reference Guide)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _allowing(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


DOCUMENTS: Mapping[str, Mapping[str, Any]] = {
    "service-role/AWSLambdaBasicExecutionRole": _allowing(
        "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"
    ),
    "AWSXrayWriteOnlyAccess": _allowing(
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:GetSamplingStatisticSummaries",
    ),
    "service-role/AWSLambdaVPCAccessExecutionRole": _allowing(
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ),
    "AdministratorAccess": _allowing("*"),
}
"""Part of the policy's ARN after `policy/` → document."""


def document(arn: str) -> Mapping[str, Any]:
    """Return the policy's document. Raises ValueError for a policy that is not listed here."""
    try:
        return DOCUMENTS[arn.partition(":policy/")[2]]
    except KeyError as error:
        raise ValueError(
            f"the emulator does not support the managed policy {arn}; add it to emulator/iam/managed.py"
        ) from error
