"""Grades rollouts of code by running tests; invoked by Bedrock during training, and by the smoke test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rft import wiring
from rft.settings import SandboxSettings
from rft.steps.graders.grade_code import grade_code

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: Any, context: LambdaContext) -> list[dict[str, Any]]:
    results = grade_code(
        event,
        open_sandbox=wiring.code_sandbox,
        rollout_log=wiring.rollout_log,
        seconds_left=context.get_remaining_time_in_millis() / 1000,
        parallelism=SandboxSettings.from_environment().parallelism,
    )
    return [result.model_dump(mode="json") for result in results]
