"""The mapper of each service, and the default for other services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from emulator.iam.authorizer import Check
from emulator.iam.wire import agentcore, bedrock, compute, dynamodb, messaging, s3
from emulator.iam.wire.request import Lookups, Mapper, WireRequest

PREFIXES = {"monitoring": "cloudwatch"}
"""Signing name → action prefix, for services where they differ."""

UNAUTHORISED = frozenset({("sts", "GetCallerIdentity")})
"""Operations that need no permission."""


def checks(request: WireRequest, lookups: Lookups) -> Iterator[Check]:
    """Yield the checks of a request. A service without a mapper is checked by action on `*`."""
    service = request.operation.service
    if (service, request.name) in UNAUTHORISED:
        return
    mapper = MAPPERS.get(service, _any_resource)
    yield from mapper(request, lookups)


def _any_resource(request: WireRequest, _: Lookups) -> Iterator[Check]:
    service = request.operation.service
    yield Check(f"{PREFIXES.get(service, service)}:{request.name}", "*")


def _kms(request: WireRequest, _: Lookups) -> Iterator[Check]:
    key = str(request.fields.get("KeyId", "*"))
    yield Check(f"kms:{request.name}", key if key.startswith(("arn:", "*")) else request.arn("kms", f"key/{key}"))


def _secrets(request: WireRequest, _: Lookups) -> Iterator[Check]:
    secret = str(request.fields.get("SecretId", "*"))
    arn = secret if secret.startswith(("arn:", "*")) else request.arn("secretsmanager", f"secret:{secret}")
    yield Check(f"secretsmanager:{request.name}", arn)


def _logs(request: WireRequest, _: Lookups) -> Iterator[Check]:
    group = request.fields.get("logGroupName")
    yield Check(f"logs:{request.name}", request.arn("logs", f"log-group:{group}:*") if group else "*")


def _sts(request: WireRequest, _: Lookups) -> Iterator[Check]:
    yield Check(f"sts:{request.name}", messaging.form_field(request, "RoleArn") or "*")


MAPPERS: Mapping[str, Mapper] = {
    "s3": s3.checks,
    "dynamodb": dynamodb.checks,
    "lambda": compute.lambda_checks,
    "states": compute.states_checks,
    "sns": messaging.sns_checks,
    "sqs": messaging.sqs_checks,
    "events": messaging.events_checks,
    "bedrock": bedrock.checks,
    "bedrock-agentcore": agentcore.checks,
    "kms": _kms,
    "secretsmanager": _secrets,
    "logs": _logs,
    "sts": _sts,
}
"""Signing name → mapper."""
