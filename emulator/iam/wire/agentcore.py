"""Amazon Bedrock AgentCore: code interpreter sessions, authorised on the interpreter's ARN."""

from __future__ import annotations

from collections.abc import Iterator

from emulator.iam.authorizer import Check
from emulator.iam.wire.request import Lookups, WireRequest


def checks(request: WireRequest, _: Lookups) -> Iterator[Check]:
    name = request.label(0)
    arn = request.arn("bedrock-agentcore", f"code-interpreter/{name}") if name else "*"
    if name.startswith("aws."):
        # a managed interpreter belongs to the account `aws` (AgentCore Developer Guide, "Resource management")
        arn = f"arn:aws:bedrock-agentcore:{request.region}:aws:code-interpreter/{name}"
    yield Check(f"bedrock-agentcore:{request.name}", arn)
