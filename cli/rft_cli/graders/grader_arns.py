"""ARNs of graders to be deployed to the emulated AWS. Pure."""

from __future__ import annotations

ACCOUNT, REGION = "123456789012", "us-east-1"
OWN_GRADER = "own-grader"
"""Function name of a grader's file in `rft demo`."""


def function_arn(name: str) -> str:
    """ARN of a function before it exists, for the stack's ForeignGraderArns."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
