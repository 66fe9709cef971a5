"""AWS Lambda and AWS Step Functions."""

from __future__ import annotations

from collections.abc import Iterator

from emulator.iam.authorizer import Check
from emulator.iam.wire.request import Lookups, WireRequest

LAMBDA_ACTIONS = {"Invoke": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction"}
TOKENS = frozenset({"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"})
RESOURCE_FIELDS = ("executionArn", "stateMachineArn", "mapRunArn", "stateMachineVersionArn", "resourceArn")


def lambda_checks(request: WireRequest, _: Lookups) -> Iterator[Check]:
    """Yield the check on a function by name or ARN; a version or alias is a separate resource."""
    action = f"lambda:{LAMBDA_ACTIONS.get(request.name, request.name)}"
    name = request.label(0) or str(request.fields.get("FunctionName", ""))
    if not name or request.name.endswith(("EventSourceMapping", "LayerVersion")):
        yield Check(action, "*")
        return
    yield Check(action, function_arn(request, name))
    if request.name == "CreateFunction":
        role = str(request.fields.get("Role", ""))
        yield Check("iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"})


def function_arn(request: WireRequest, name: str) -> str:
    """Return the ARN for `name`, `name:qualifier` or an ARN; the qualifier may also be in the query string."""
    arn = name if name.startswith("arn:") else request.arn("lambda", f"function:{name}")
    qualifier = request.query.get("Qualifier")
    return f"{arn}:{qualifier}" if qualifier and not arn.endswith(f":{qualifier}") else arn


def states_checks(request: WireRequest, lookups: Lookups) -> Iterator[Check]:
    """Yield the check on an execution or state machine; for a task token, the state machine that waits for it."""
    if request.name in TOKENS:
        machine = lookups.state_machine_of(str(request.fields.get("taskToken", "")))
        yield Check(f"states:{request.name}", machine or "*")
        return
    named = (request.fields[field] for field in RESOURCE_FIELDS if request.fields.get(field))
    yield Check(f"states:{request.name}", str(next(named, "*")))
    if request.name == "CreateStateMachine":
        role = str(request.fields.get("roleArn", ""))
        yield Check("iam:PassRole", role, {"iam:PassedToService": "states.amazonaws.com"})
