from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.experiments.steps import FinishExperimentInput
from rft.observability import logger
from rft.settings import GraderDirectory, JudgeDirectory, StorageSettings
from rft.steps.experiments.finish_experiment import finish_experiment


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = FinishExperimentInput.model_validate(event)
    logger().append_keys(experiment_id=step.experiment_id)
    return finish_experiment(
        experiment_id=step.experiment_id,
        error=step.error,
        cause=step.cause,
        experiments=wiring.experiments(),
        runs=wiring.run_ports(),
        store=wiring.object_store(),
        clock=wiring.clock(),
        graders=GraderDirectory.from_environment().graders,
        storage=StorageSettings.from_environment(),
        judges=JudgeDirectory.from_environment(),
    ).model_dump(mode="json")
