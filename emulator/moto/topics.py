"""Moto's SNS: messages published to a topic."""

from __future__ import annotations

import json
from typing import Any

from moto.sns.models import sns_backends

from emulator.moto.account import ACCOUNT


def published_messages(topic_arn: str, region: str) -> list[dict[str, Any]]:
    """Return `subject`, `message` and `text` of each message, oldest first.

    `message` is the default for all protocols, decoded if it is JSON; `text` is the e-mail.
    """
    topic = sns_backends[ACCOUNT][region].topics[topic_arn]
    return [{"subject": note[2], **_forms(note[1])} for note in topic.sent_notifications]


def _forms(text: str) -> dict[str, Any]:
    """Split a message; with `MessageStructure` json it has a default and a text per protocol."""
    by_protocol = _decode(text)
    if not isinstance(by_protocol, dict) or "default" not in by_protocol:
        return {"message": by_protocol, "text": text}
    default = by_protocol["default"]
    return {"message": _decode(default), "text": by_protocol.get("email", default)}


def _decode(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
