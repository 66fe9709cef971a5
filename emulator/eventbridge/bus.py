"""The default bus: events of AWS services, and delivery to targets that moto does not support."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from emulator.clock import ScaledClock
from emulator.eventbridge.delivery import Delivery
from emulator.eventbridge.targets import target_input
from emulator.faults import Faults
from emulator.moto.eventbridge import SCHEDULER, EventTarget, pattern_rules, scheduled_rule
from emulator.moto.executions import ExecutionEnd

EXECUTION_CHANGE = "Step Functions Execution Status Change"

DELIVERY_FAULTS = frozenset({"drop", "duplicate", "delay"})

LOG = logging.getLogger("emulator.eventbridge.bus")


class EventBus:
    """The default bus. Events are delivered asynchronously, as by EventBridge."""

    def __init__(
        self,
        delivery: Delivery,
        *,
        faults: Faults,
        clock: ScaledClock,
        region: str,
        account: str,
    ) -> None:
        self._delivery = delivery
        self._faults = faults
        self._clock = clock
        self._region = region
        self._account = account
        self._background = ThreadPoolExecutor(max_workers=8, thread_name_prefix="events")
        self._closed = False

    def put(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        """Put an event of an AWS service on the bus. `resources` are ARNs."""
        event = self._event(source, detail_type, detail, resources)
        for rule in pattern_rules(self._region):
            self._submit(rule.send, event)

    def fire(self, rule_name: str) -> None:
        """Invoke a scheduled rule's targets; has no effect if the rule is deleted or disabled."""
        if rule := scheduled_rule(self._region, rule_name):
            self._submit(rule.send, self._event(SCHEDULER, "Scheduled Event", {}, [rule.arn]))

    def _event(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> dict[str, Any]:
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self._account,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._region,
            "resources": resources,
            "detail": detail,
        }

    def deliver(self, target: EventTarget, event: dict[str, Any]) -> None:
        """Deliver an event to a Lambda function or state machine. Called by moto for each target of a matching rule."""
        event = {**event, "time": _utc(event["time"])}
        payload = json.dumps(target_input(target.settings, event), default=str)
        names = (target.arn.rsplit(":", 1)[-1], event["source"], event["detail-type"])
        fault = self._faults.take("events", "Deliver", *names, only=DELIVERY_FAULTS, body=json.dumps(event).encode())
        match fault.effect if fault else None:
            case "drop":
                return
            case "duplicate":
                self._submit(self._delivery.run, target, event, payload)
            case "delay" if fault:
                self._submit(self._deliver_late, target, event, payload, fault.seconds)
                return
        self._submit(self._delivery.run, target, event, payload)

    def on_execution_end(self, execution: ExecutionEnd) -> None:
        """Put a Step Functions Execution Status Change event on the bus."""
        detail = {
            "executionArn": execution.arn,
            "stateMachineArn": execution.state_machine_arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": int(execution.started.timestamp() * 1000),
            "stopDate": int(execution.stopped.timestamp() * 1000),
            "input": json.dumps(execution.input),
            "error": execution.error,
            "cause": execution.cause,
        }
        self.put("aws.states", EXECUTION_CHANGE, detail, [execution.arn])

    def close(self) -> None:
        """Cancel queued deliveries and wait for running ones."""
        self._closed = True
        self._background.shutdown(wait=True, cancel_futures=True)

    def _submit(self, work: Callable[..., None], *args: Any) -> None:
        if not self._closed:
            self._background.submit(_run_logged, work, *args)

    def _deliver_late(self, target: EventTarget, event: dict[str, Any], payload: str, seconds: float) -> None:
        self._clock.pause(seconds)
        if not self._closed:
            self._delivery.run(target, event, payload)


def _utc(time: object) -> object:
    """Convert the epoch seconds of PutEvents to the ISO 8601 text that targets receive."""
    if not isinstance(time, int | float):
        return time
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _run_logged(work: Callable[..., None], *args: Any) -> None:
    try:
        work(*args)
    except Exception:
        LOG.exception("an event could not be delivered")
