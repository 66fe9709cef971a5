from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.run_request import RunRequest
from rft.errors import InvalidRequest
from rft.runs.audit import check_audit_judge, vendor

JUDGES = ("us.amazon.nova-pro-v1:0",)
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def request(audit_judge: str = CLAUDE, **more: Any) -> RunRequest:
    dataset = {"task": "pandalm", "uri": "s3://data-bucket/rows.json"}
    return RunRequest.model_validate(
        {"name": "a", "dataset": dataset, "evaluation": {"audit_judge": audit_judge}, **more}
    )


def test_the_stacks_audit_judge_of_another_vendor_may_audit() -> None:
    check_audit_judge(request(), "pandalm", judges=JUDGES, audit_judge=CLAUDE)


@pytest.mark.parametrize(
    ("judge", "stacks", "grader", "words"),
    [
        (CLAUDE, "", "pandalm", "set AuditJudgeModelId"),
        (CLAUDE, "deepseek.v3.2", "pandalm", "this stack's audit judge is deepseek.v3.2"),
        ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", "pandalm", "same vendor as the judge us.amazon.nova-pro"),
        (CLAUDE, CLAUDE, "gsm8k", "the graders pandalm and rubric only"),
    ],
)
def test_another_audit_judge_is_refused_with_what_to_do(judge: str, stacks: str, grader: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words) as refused:
        check_audit_judge(request(judge), grader, judges=JUDGES, audit_judge=stacks)
    assert refused.value.field == "evaluation.audit_judge"


@pytest.mark.parametrize(
    "grader", [{"name": "gsm8k"}, {"lambda_arn": "arn:aws:lambda:us-east-1:123456789012:function:g"}]
)
def test_a_grader_without_a_judge_has_no_audit(grader: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="the graders pandalm and rubric only"):
        request(grader=grader)


def test_a_vendor_is_read_after_the_region_prefix() -> None:
    assert {vendor(each) for each in (*JUDGES, "amazon.nova-lite-v1:0")} == {"amazon"}
    assert vendor("global.anthropic.x-1:0") == "anthropic"
