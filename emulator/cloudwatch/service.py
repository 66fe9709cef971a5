"""CloudWatch on the AWS port: evaluates alarms before moto serves a request, and publishes alarm messages to SNS."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from emulator.clients import Clients
from emulator.cloudwatch.metrics import Metrics
from emulator.http.operations import Operation
from emulator.iam.authorizer import Authorizer, Check
from emulator.moto.cloudwatch import AlarmState

PRINCIPAL = "cloudwatch.amazonaws.com"
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
"""KMS actions that CloudWatch needs on an encrypted topic's key (Amazon SNS Developer Guide, "Key management")."""

LOG = logging.getLogger("emulator.cloudwatch")


class CloudWatchService:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def subjects(self, operation: Operation) -> Iterable[str]:
        return operation.labels

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response | None:  # noqa: ARG002
        if operation.name.startswith("DescribeAlarm"):
            self._metrics.evaluate()
        # moto serves the request
        return None


class AlarmActions:
    """Publishes to topics that CloudWatch may publish to; failures are dropped (AWS notes them in the history only)."""

    def __init__(self, clients: Clients, authorizer: Authorizer) -> None:
        self._clients = clients
        self._authorizer = authorizer

    def send(self, action: str, alarm: AlarmState, message: str) -> None:
        """Publish a message if the action is a topic's ARN; other actions are not emulated."""
        if action.split(":")[2] != "sns":
            return
        key = self._authorizer.keys.get(action)
        if key and not all(self._may_use(key, name, alarm) for name in KEY_ACTIONS):
            LOG.error("The alarm %s may not use the key of %s", alarm.name, action)
            return
        sns: Any = self._clients("sns")
        sns.publish(TopicArn=action, Subject=f'ALARM: "{alarm.name}"'[:100], Message=message)

    def _may_use(self, key: str, action: str, alarm: AlarmState) -> bool:
        """Return whether CloudWatch may use the topic's key; AWS's managed key `alias/aws/sns` allows no service."""
        return self._authorizer.allows_service(PRINCIPAL, Check(action, key), source=alarm.arn)
