from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.shards import JoinShardsInput
from rft.observability import logger
from rft.steps.join_shards import join_shards


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = JoinShardsInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return join_shards(
        run_id=step.run_id,
        request=step.request,
        pinned=step.source,
        shards=step.shards,
        store=wiring.object_store(),
        tokenizer=wiring.tokenizer(),
        workers=wiring.workers(),
        ledger=wiring.ledger(),
    ).model_dump(mode="json")
