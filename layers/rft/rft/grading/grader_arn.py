"""Which grader a run uses."""

from __future__ import annotations

from collections.abc import Mapping

from rft.contracts.run_request import GraderRequest
from rft.errors import InvalidRequest


def grader_arn(asked: GraderRequest | None, default: str | None, deployed: Mapping[str, str]) -> str:
    """The ARN to prove and to train with: the one asked for, by ARN or by name, else the task's own.

    Raises InvalidRequest (field `grader` or `grader.name`) where there is none, listing those deployed.
    """
    if asked is not None and asked.lambda_arn is not None:
        return asked.lambda_arn
    name = default if asked is None else asked.name
    known = ", ".join(sorted(deployed)) or "none"
    if name is None:
        raise InvalidRequest(
            f"this task has no grader of its own; give a name (deployed: {known}) or a lambda_arn", field="grader"
        )
    if name not in deployed:
        raise InvalidRequest(f"no grader {name!r} is deployed with this stack (deployed: {known})", field="grader.name")
    return deployed[name]
