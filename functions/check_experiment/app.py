from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.experiments.steps import CheckExperimentInput
from rft.observability import logger
from rft.steps.experiments.check_experiment import check_experiment


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = CheckExperimentInput.model_validate(event)
    logger().append_keys(experiment_id=step.experiment_id)
    return check_experiment(
        experiment_id=step.experiment_id,
        experiments=wiring.experiments(),
        runs=wiring.run_ports(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
