"""Sends domain events to EventBridge."""

from __future__ import annotations

from typing import Any

from rft import wiring
from rft.observability import logger
from rft.settings import StackSettings
from rft.steps.publish_events import publish_events


@logger().inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A schedule's event → the number of sent events."""
    stack_name = StackSettings.from_environment().stack_name
    return {"sent": publish_events(stack_name=stack_name, outbox=wiring.outbox(), bus=wiring.event_bus())}
