"""Grades rollouts of the FinQA task; invoked by Bedrock during training, and by the smoke test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rft import wiring
from rft.steps.graders.grade_finqa import grade_finqa

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: Any, context: LambdaContext) -> list[dict[str, Any]]:
    seconds_left = context.get_remaining_time_in_millis() / 1000
    results = grade_finqa(event, seconds_left=seconds_left, rollout_log=wiring.rollout_log)
    return [result.model_dump(mode="json") for result in results]
