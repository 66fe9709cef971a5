"""Detects runs, experiments and jobs whose events were lost."""

from __future__ import annotations

from typing import Any

from rft import wiring
from rft.observability import logger
from rft.settings import StackSettings
from rft.steps.sweep_runs import sweep_runs


@logger().inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A schedule's event → ids of the runs and experiments that were repaired."""
    swept = sweep_runs(
        stack_name=StackSettings.from_environment().stack_name,
        ledger=wiring.ledger(),
        history=wiring.run_history(),
        executions=wiring.executions(),
        jobs=wiring.training_jobs(),
        deployments=wiring.model_deployments(),
        records=wiring.deployment_records(),
        notifier=wiring.notifier(),
        clock=wiring.clock(),
        experiments=wiring.experiments(),
        experiment_executions=wiring.experiment_executions(),
        reports=wiring.report_sources(),
    )
    logger().info("swept", runs=swept)
    return {"runs": swept}
