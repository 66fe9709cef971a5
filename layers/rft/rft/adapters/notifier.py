"""The outcome topic on SNS."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.notification_dedup import DynamoSendOnce
from rft.contracts.outbound.topic_messages import TopicMessage
from rft.text import MAX_BLOCK, MAX_ITEMS, bounded, subject_line, text_block

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MAX_MESSAGE_BYTES = 262_144
"""SNS Publish: maximum message size 256 KB, here in ASCII."""


class SnsNotifier:
    """Publishes text to e-mail subscribers and JSON to all others; once per notice."""

    def __init__(self, client: SNSClient, *, topic_arn: str, ends: Iterable[str], send_once: DynamoSendOnce) -> None:
        self._client = client
        self._send_once = send_once
        self._topic_arn = topic_arn
        self._ends = frozenset(ends)

    @property
    def ends(self) -> frozenset[str]:
        return self._ends

    def publish(self, message: TopicMessage) -> None:
        with self._send_once.claimed(message.notice) as ours:
            if ours:
                self._send(message)

    def _send(self, message: TopicMessage) -> None:
        with translated():
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=subject_line(message.subject),
                Message=message_text(message),
                MessageStructure="json",
            )


def message_text(message: TopicMessage) -> str:
    """The message by protocol in SNS's format; texts and lists are truncated to fit its size."""
    limit, items = MAX_BLOCK, MAX_ITEMS
    while True:
        facts = json.dumps(bounded(message.facts, limit=limit, items=items), indent=2)
        text = json.dumps({"default": facts, "email": text_block(message.text, 2 * limit)})
        if len(text) <= MAX_MESSAGE_BYTES or items == 1:
            return text
        limit, items = max(100, limit // 2), max(1, items // 2)
