"""The outcome topic on SNS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.notification_dedup import DynamoSendOnce

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MAX_SUBJECT = 100
"""SNS Publish: a subject is ASCII on one line, at most 100 characters."""


class SnsNotifier:
    """Publishes JSON, indented, as people read it in their mail; each notice once."""

    def __init__(self, client: SNSClient, *, topic_arn: str, notices: DynamoSendOnce) -> None:
        self._client = client
        self._notices = notices
        self._topic_arn = topic_arn

    def publish(self, notice: str, subject: str, message: Mapping[str, Any]) -> None:
        """Send one message, unless it was sent. Raises RetryableThrottling, RetryableServiceError."""
        with self._notices.claimed(notice) as ours:
            if ours:
                self._send(subject, message)

    def _send(self, subject: str, message: Mapping[str, Any]) -> None:
        line = " ".join(subject.encode("ascii", "replace").decode().split())
        with translated():
            self._client.publish(
                TopicArn=self._topic_arn, Subject=line[:MAX_SUBJECT], Message=json.dumps(message, indent=2)
            )
