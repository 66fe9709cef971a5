"""ARNs of graders that are deployed to the emulated AWS, known before they exist. Pure."""

from __future__ import annotations

ACCOUNT, REGION = "123456789012", "us-east-1"
OWN_GRADER = "own-grader"
"""Name of the function that a grader's file becomes in `rft demo`."""


def function_arn(name: str) -> str:
    """The ARN of a function, which the stack's ForeignGraderArns allows before it exists."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
