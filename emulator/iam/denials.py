"""AWS's error messages for denied requests. Pure.

IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from collections.abc import Mapping

from emulator.http.replies import AwsError
from emulator.iam.evaluation import AccessRequest, Decision, PolicyKind

CODES: Mapping[str, tuple[str, int]] = {
    "s3": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "sqs": ("AccessDenied", 403),
    "sts": ("AccessDenied", 403),
    "iam": ("AccessDenied", 403),
    "lambda": ("AccessDeniedException", 403),
    "bedrock": ("AccessDeniedException", 403),
    "bedrock-agentcore": ("AccessDeniedException", 403),
    "cloudformation": ("AccessDenied", 403),
}
"""Signing name → (error code, HTTP status) of a denial; all other services return AccessDeniedException with 400."""


def denied(service: str, request: AccessRequest, decision: Decision) -> AwsError:
    code, status = CODES.get(service, ("AccessDeniedException", 400))
    return AwsError(code, status, message(request, decision))


def message(request: AccessRequest, decision: Decision) -> str:
    """Return the message: principal, action, resource and the kind of policy that denies or is missing."""
    quote = '"' if request.action.startswith("s3:") else ""
    start = (
        f"User: {request.principal.arn} is not authorized to perform: {request.action} "
        f"on resource: {quote}{request.resource}{quote}"
    )
    if decision.explicit:
        article = "an" if decision.kind is PolicyKind.IDENTITY else "a"
        return f"{start} with an explicit deny in {article} {decision.kind}"
    return f"{start} because no {decision.kind} allows the {request.action} action"
