"""Grades rollouts by several weighted rules; invoked by Bedrock during training, and by the smoke test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rft import wiring
from rft.settings import CompositeSettings
from rft.steps.graders.grade_composite import grade_composite

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: Any, context: LambdaContext) -> list[dict[str, Any]]:
    settings = CompositeSettings.from_environment()
    results = grade_composite(
        event,
        default=settings.composite_default,
        seconds_left=context.get_remaining_time_in_millis() / 1000,
        rollout_log=wiring.rollout_log,
    )
    return [result.model_dump(mode="json") for result in results]
