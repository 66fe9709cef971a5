from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import ExecutionInput
from rft.observability import logger
from rft.settings import ShardSettings
from rft.steps.prepare_dataset import prepare_dataset


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """ExecutionInput → PreparedDataset, or ShardedDataset if it is too large for one function."""
    step = ExecutionInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return prepare_dataset(
        run_id=step.run_id,
        request=step.request,
        source=wiring.dataset_source(),
        store=wiring.object_store(),
        tokenizer=wiring.tokenizer(),
        workers=wiring.workers(),
        ledger=wiring.ledger(),
        start=step.start,
        shards=ShardSettings.from_environment(),
        rollouts=wiring.rollout_reader(),
    ).model_dump(mode="json")
