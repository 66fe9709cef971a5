"""Grades rollouts by a rubric with judge models; invoked by Bedrock during training, and by the smoke test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rft import wiring
from rft.settings import JudgeSettings
from rft.steps.graders.grade_rubric import grade_rubric

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: Any, context: LambdaContext) -> list[dict[str, Any]]:
    settings = JudgeSettings.from_environment()
    results = grade_rubric(
        event,
        judges=wiring.judges_of(event),
        audit=wiring.training_audit_of(event),
        rubrics=wiring.run_rubrics(),
        rollout_log=wiring.rollout_log,
        seconds_left=context.get_remaining_time_in_millis() / 1000,
        parallelism=settings.judge_parallelism,
        on_judge_error=settings.on_judge_error,
    )
    return [result.model_dump(mode="json") for result in results]
