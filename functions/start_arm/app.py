from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.experiments.steps import StartArmInput
from rft.observability import logger
from rft.steps.experiments.start_arm import start_arm


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = StartArmInput.model_validate(event)
    logger().append_keys(experiment_id=step.experiment_id)
    return start_arm(
        experiment_id=step.experiment_id,
        kind=step.kind,
        number=step.number,
        experiments=wiring.experiments(),
        ledger=wiring.ledger(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
