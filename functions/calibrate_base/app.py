from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import CalibrateInput
from rft.observability import logger
from rft.settings import BaseModelSettings, ForecastSettings
from rft.steps.evaluation.calibrate_base import calibrate_base
from rft.steps.forecast_run import price_table


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = CalibrateInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    store = wiring.object_store()
    return calibrate_base(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        grader_arn=step.grader_arn,
        base_model_id=BaseModelSettings.from_environment().base_model_id,
        prices=price_table(ForecastSettings.from_environment(), store),
        sampler=wiring.model_sampler(),
        invoker=wiring.grader_invoker(),
        store=store,
        ledger=wiring.ledger(),
        clock=wiring.clock(),
        completed_chunks=step.completed_chunks,
    ).model_dump(mode="json")
