from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import ForecastInput
from rft.observability import logger
from rft.settings import BaseModelSettings, ForecastSettings, GraderDirectory, JudgeSettings
from rft.steps.forecast_run import forecast_run


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = ForecastInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return forecast_run(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        smoke_test=step.smoke_test,
        graders=GraderDirectory.from_environment().graders,
        judge_models=JudgeSettings.from_environment().judge_model_ids,
        base_model_id=BaseModelSettings.from_environment().base_model_id,
        settings=ForecastSettings.from_environment(),
        ledger=wiring.ledger(),
        store=wiring.object_store(),
        calibration_error=step.calibration_error,
    ).model_dump(mode="json")
