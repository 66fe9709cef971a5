"""Delivery of an event to one target: retries with back-off, then the target's dead-letter queue.

EventBridge User Guide, "How EventBridge retries delivering events" and "Using dead-letter queues".
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emulator.clients import Clients
from emulator.clock import ScaledClock
from emulator.faults import Faults
from emulator.functions.registry import Functions, UnknownFunction
from emulator.iam.authorizer import Authorizer, Check
from emulator.moto.eventbridge import EventTarget

PRINCIPAL = "events.amazonaws.com"
MAX_ATTEMPTS = 185
MAX_AGE_SECONDS = 86_400
"""Default RetryPolicy of a target: maximum attempts and event age in seconds."""
MAX_PAUSE_SECONDS = 600.0
SERVER_ERRORS = 500
THROTTLED = 429

LOG = logging.getLogger("emulator.eventbridge.delivery")


class DeliveryFailed(Exception):
    """One failed attempt. `code` is one of EventBridge's error codes; if not retryable, the event is dead-lettered."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code, self.retryable = code, retryable


@dataclass(frozen=True)
class Delivery:
    """`clients` use the emulator's credentials; `clients_of` returns clients for a role ARN and a session name."""

    functions: Functions
    authorizer: Authorizer
    clients: Clients
    clients_of: Callable[[str, str], Clients]
    faults: Faults
    clock: ScaledClock

    def run(self, target: EventTarget, event: dict[str, Any], payload: str) -> None:
        """Deliver with the target's RetryPolicy; an undeliverable event is sent to the dead-letter queue or dropped."""
        policy = target.settings.get("RetryPolicy", {})
        retries, age = policy.get("MaximumRetryAttempts", MAX_ATTEMPTS), 0.0
        for attempt in range(retries + 1):
            try:
                self._attempt(target, event, payload)
            except DeliveryFailed as error:
                failed = error
            else:
                return
            pause = min(2.0**attempt, MAX_PAUSE_SECONDS)
            age += pause
            old = age > policy.get("MaximumEventAgeInSeconds", MAX_AGE_SECONDS)
            if not failed.retryable or old or attempt == retries:
                break
            self.clock.sleep(pause)
        if not self.clock.closing:
            self._dead_letter(target, event, failed, attempt)

    def _attempt(self, target: EventTarget, event: dict[str, Any], payload: str) -> None:
        names = (target.arn.rsplit(":", 1)[-1], event["source"], event["detail-type"])
        body = json.dumps(event, default=str).encode()
        if fault := self.faults.take("events", "Deliver", *names, only=frozenset({"error"}), body=body):
            retryable = fault.status == THROTTLED or fault.status >= SERVER_ERRORS
            raise DeliveryFailed(fault.code, fault.message, retryable=retryable)
        if not self._may_deliver(target):
            raise DeliveryFailed("NO_PERMISSIONS", f"{target.rule_arn} may not deliver to {target.arn}")
        if target.arn.split(":")[2] == "states":
            self._start_execution(target, payload)
            return
        try:
            self.functions.invoke_async(target.arn, payload.encode())
        except UnknownFunction as error:
            raise DeliveryFailed("NO_RESOURCE", f"Function not found: {target.arn}") from error

    def _start_execution(self, target: EventTarget, payload: str) -> None:
        clients = self.clients_of(target.settings["RoleArn"], "events")
        try:
            clients.start_execution(target.arn, str(uuid.uuid4()), payload)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            raise DeliveryFailed(
                error.response["Error"]["Code"], str(error), retryable=status >= SERVER_ERRORS
            ) from error

    def _may_deliver(self, target: EventTarget) -> bool:
        """Return whether EventBridge may assume the target's role, or the function's policy allows the rule."""
        if role := target.settings.get("RoleArn"):
            return self.authorizer.may_assume(role, PRINCIPAL, source=target.rule_arn)
        invocation = Check("lambda:InvokeFunction", target.arn)
        return self.authorizer.allows_service(PRINCIPAL, invocation, source=target.rule_arn)

    def _dead_letter(self, target: EventTarget, event: dict[str, Any], failed: DeliveryFailed, retries: int) -> None:
        """Send to the dead-letter queue; the event is dropped if there is none or its policy denies the rule."""
        LOG.error("%s: %s", failed.code, failed)
        arn = target.settings.get("DeadLetterConfig", {}).get("Arn", "")
        if not arn or not self.authorizer.allows_service(
            PRINCIPAL, Check("sqs:SendMessage", arn), source=target.rule_arn
        ):
            return
        sqs = self.clients("sqs")
        facts = {
            "RULE_ARN": target.rule_arn,
            "TARGET_ARN": target.arn,
            "ERROR_CODE": failed.code,
            "ERROR_MESSAGE": str(failed),
            "RETRY_ATTEMPTS": str(retries),
        }
        sqs.send_message(
            QueueUrl=sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"],
            MessageBody=json.dumps(event, default=str),
            MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in facts.items()},
        )
