"""Functions of the emulated stack, invoked with their sample events, and the rights that this needed."""

from __future__ import annotations

import json
import re
from typing import Any

from emulator.faults import Fault
from emulator.iam.rights import needed
from tests.kit.project import ROOT
from tests.kit.stack_harness import StackHarness

REFUSED_LATER = Fault(
    service="states",
    operation="StartExecution",
    effect="response_lost",
    code="ExecutionAlreadyExists",
    status=400,
    message="Execution already exists",
)
"""The answer is lost, and the second attempt comes when the execution has ended."""


def sample_event(bench: StackHarness, name: str) -> Any:
    """The sample event of a function, on the stack's own bucket."""
    text = (ROOT / "events" / f"{name}.json").read_text().replace("s3://data-bucket/", f"s3://{bench.aws.bucket}/")
    return json.loads(text)


def invoke(bench: StackHarness, function: str, payload: Any) -> Any:
    return json.loads(bench.aws.invoke(function, json.dumps(payload).encode()))


def used(bench: StackHarness, owner: str, action: str) -> bool:
    """Whether a recorded call needs the action of a role or of a resource's policy, by its logical id."""
    rights = needed(bench.aws.authorizer)
    return any(right.action == action and re.match(rf"{owner}[/\[]", right.statement) for right in rights)
