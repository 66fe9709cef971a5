"""Moto's SNS: what was published to a topic."""

from __future__ import annotations

import json
from typing import Any

from moto.sns.models import sns_backends

from emulator.moto.account import ACCOUNT


def published_messages(topic_arn: str, region: str) -> list[dict[str, Any]]:
    """`subject` and `message` of each, oldest first; JSON messages are decoded."""
    topic = sns_backends[ACCOUNT][region].topics[topic_arn]
    return [{"subject": note[2], "message": _decode(note[1])} for note in topic.sent_notifications]


def _decode(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
