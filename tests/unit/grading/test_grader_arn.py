from __future__ import annotations

import pytest

from rft.contracts.run_request import GraderRequest
from rft.errors import InvalidRequest
from rft.grading.grader_arn import grader_arn

ARN = "arn:aws:lambda:us-east-1:123456789012:function:theirs:live"
DEPLOYED = {"pandalm": "arn:p", "gsm8k": "arn:g"}


@pytest.mark.parametrize(
    ("requested", "default", "arn"),
    [
        (None, "pandalm", "arn:p"),
        (GraderRequest(name="gsm8k"), "pandalm", "arn:g"),
        (GraderRequest(lambda_arn=ARN), "pandalm", ARN),
        (GraderRequest(lambda_arn=ARN), None, ARN),
    ],
)
def test_the_requested_grader_precedes_the_tasks_default(
    requested: GraderRequest | None, default: str | None, arn: str
) -> None:
    assert grader_arn(requested, default, DEPLOYED) == arn


@pytest.mark.parametrize(
    ("requested", "default", "field"),
    [(None, None, "grader"), (GraderRequest(name="x"), "pandalm", "grader.name"), (None, "finqa", "grader.name")],
)
def test_an_unknown_grader_lists_the_deployed_ones(
    requested: GraderRequest | None, default: str | None, field: str
) -> None:
    with pytest.raises(InvalidRequest, match="deployed: gsm8k, pandalm") as refused:
        grader_arn(requested, default, DEPLOYED)

    assert refused.value.field == field
