from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.shards import IndexShardInput
from rft.observability import logger
from rft.steps.index_shard import index_shard


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = IndexShardInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return index_shard(
        run_id=step.run_id,
        request=step.request,
        pinned=step.source,
        shard=step.shard,
        source=wiring.dataset_source(),
        store=wiring.object_store(),
        tokenizer=wiring.tokenizer(),
        workers=wiring.workers(),
    ).model_dump(mode="json")
