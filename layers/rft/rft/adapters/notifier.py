"""The outcome topic on SNS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.notification_dedup import DynamoSendOnce
from rft.text import MAX_BLOCK, MAX_ITEMS, bounded, subject_line

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MAX_MESSAGE_BYTES = 262_144
"""SNS Publish: 256 KB, here of ASCII."""


class SnsNotifier:
    """Publishes JSON, indented, as people read it in their mail; each notice once."""

    def __init__(self, client: SNSClient, *, topic_arn: str, send_once: DynamoSendOnce) -> None:
        self._client = client
        self._send_once = send_once
        self._topic_arn = topic_arn

    def publish(self, notice: str, subject: str, message: Mapping[str, Any]) -> None:
        """Send one message, unless it was sent. Raises RetryableThrottling, RetryableServiceError."""
        with self._send_once.claimed(notice) as ours:
            if ours:
                self._send(subject, message)

    def _send(self, subject: str, message: Mapping[str, Any]) -> None:
        with translated():
            self._client.publish(TopicArn=self._topic_arn, Subject=subject_line(subject), Message=message_text(message))


def message_text(message: Mapping[str, Any]) -> str:
    """The message as SNS takes it: its texts and lists are cut as far as its size requires."""
    limit, items = MAX_BLOCK, MAX_ITEMS
    while True:
        text = json.dumps(bounded(message, limit=limit, items=items), indent=2)
        if len(text) <= MAX_MESSAGE_BYTES or items == 1:
            return text
        limit, items = max(100, limit // 2), max(1, items // 2)
