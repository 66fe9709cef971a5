from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.shards import WriteShardInput
from rft.observability import logger
from rft.steps.write_shard import write_shard


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = WriteShardInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return write_shard(
        run_id=step.run_id,
        request=step.request,
        pinned=step.source,
        part=step.part,
        source=wiring.dataset_source(),
        store=wiring.object_store(),
        workers=wiring.workers(),
    ).model_dump(mode="json")
