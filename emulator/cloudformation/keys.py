"""KMS keys of a stack's encrypted resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.cloudformation.template import StackTemplate
from emulator.iam.authorizer import Authorizer, Check

Resolve = Callable[[Any], Any]
"""Resolves the intrinsic functions in part of a template."""

LOG_ACTIONS = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey")
"""KMS actions that CloudWatch Logs needs on a group's key (CloudWatch Logs User Guide, "Encrypt log data")."""


def adopt_keys(template: StackTemplate, resolve: Resolve, authorizer: Authorizer, *, key_prefix: str) -> None:
    """Register the key of each bucket, table, topic and queue; `key_prefix` is the ARN of a key without its id.

    Raises ValueError if CloudWatch Logs may not use a log group's key.
    """
    region, account = key_prefix.split(":")[3:5]
    found: dict[str, str] = {}
    for name, resource in template.resources.items():
        kind, properties = resource["Type"], resolve(resource.get("Properties", {}))
        key = _key(kind, properties)
        if not key:
            continue
        arn = key if key.startswith("arn:") else f"{key_prefix}{key}"
        if kind == "AWS::Logs::LogGroup":
            group = f"arn:aws:logs:{region}:{account}:log-group:{properties['LogGroupName']}"
            _require_logs(authorizer, arn, group, region)
        else:
            found[_arn(name, kind, resolve)] = arn
    authorizer.keys = found


def _key(kind: str, properties: Mapping[str, Any]) -> str | None:
    return next((str(key) for key in _keys(kind, properties) if key), None)


def _keys(kind: str, properties: Mapping[str, Any]) -> Iterator[Any]:
    if kind == "AWS::S3::Bucket":
        for rule in properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", []):
            yield rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID")
    elif kind == "AWS::DynamoDB::Table":
        yield properties.get("SSESpecification", {}).get("KMSMasterKeyId")
    elif kind in ("AWS::SNS::Topic", "AWS::SQS::Queue"):
        yield properties.get("KmsMasterKeyId")
    elif kind == "AWS::Logs::LogGroup":
        yield properties.get("KmsKeyId")


def _arn(name: str, kind: str, resolve: Resolve) -> str:
    if kind == "AWS::SNS::Topic":
        return str(resolve({"Ref": name}))
    return str(resolve({"Fn::GetAtt": [name, "Arn"]}))


def _require_logs(authorizer: Authorizer, key: str, group: str, region: str) -> None:
    for action in LOG_ACTIONS:
        check = Check(f"kms:{action}", key, {"kms:EncryptionContext:aws:logs:arn": group})
        if not authorizer.allows_service(f"logs.{region}.amazonaws.com", check, source=group):
            raise ValueError(f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'")
