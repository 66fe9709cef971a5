"""Where events go that a function failed to take: a topic or a queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def send_dead_letter(client: Callable[[str], Any], arn: str, payload: bytes) -> None:
    """Leave the event at the ARN of a topic (SNS) or a queue (SQS). `client` gives one for a service."""
    if arn.split(":")[2] == "sns":
        client("sns").publish(TopicArn=arn, Message=payload.decode())
    else:
        url = client("sqs").get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"]
        client("sqs").send_message(QueueUrl=url, MessageBody=payload.decode())
