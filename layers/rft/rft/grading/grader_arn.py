"""Resolves the grader that a run uses. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from rft.contracts.run_request import GraderRequest
from rft.errors import InvalidRequest

QUALIFIED_PARTS = 8
"""`arn:partition:lambda:region:account:function:name:qualifier`."""

JUDGED = frozenset({"pandalm", "rubric"})
"""Graders of this stack that call a judge model."""


def function_arn(arn: str) -> str:
    """The ARN without its version or alias."""
    return ":".join(arn.split(":")[: QUALIFIED_PARTS - 1])


def is_pinned(arn: str) -> bool:
    """True for the ARN of a numbered version, whose code is immutable."""
    parts = arn.split(":")
    return len(parts) == QUALIFIED_PARTS and parts[-1].isdecimal()


def is_judged(arn: str, deployed: Mapping[str, str]) -> bool:
    """True for any version of a grader of this stack that calls a judge."""
    return function_arn(arn) in {function_arn(deployed[name]) for name in JUDGED & deployed.keys()}


def is_published_per_run(arn: str, deployed: Mapping[str, str]) -> bool:
    """True for a grader of this stack, except one called by an alias (a judge-based grader with warm containers)."""
    return arn in deployed.values() and len(arn.split(":")) < QUALIFIED_PARTS


def grader_arn(requested: GraderRequest | None, default: str | None, deployed: Mapping[str, str]) -> str:
    """The ARN to test and to train with: the requested one, by ARN or by name, else the task's default.

    Raises InvalidRequest (field `grader` or `grader.name`) with the deployed graders if there is none.
    """
    if requested is not None and requested.lambda_arn is not None:
        return requested.lambda_arn
    name = default if requested is None else requested.name
    known = ", ".join(sorted(deployed)) or "none"
    if name is None:
        raise InvalidRequest(
            f"this task has no grader of its own; give a name (deployed: {known}) or a lambda_arn", field="grader"
        )
    if name not in deployed:
        raise InvalidRequest(f"no grader {name!r} is deployed with this stack (deployed: {known})", field="grader.name")
    return deployed[name]
