"""Moto's SNS: what was published to a topic."""

from __future__ import annotations

import json
from typing import Any

from moto.sns.models import sns_backends

from emulator.moto.account import ACCOUNT


def published_messages(topic_arn: str, region: str) -> list[dict[str, Any]]:
    """Of each, oldest first: `subject`, `message` and `text`.

    `message` is what subscribers get that have no form of their own, decoded where it is JSON; `text` is the e-mail.
    """
    topic = sns_backends[ACCOUNT][region].topics[topic_arn]
    return [{"subject": note[2], **_forms(note[1])} for note in topic.sent_notifications]


def _forms(text: str) -> dict[str, Any]:
    """A message by protocol (`MessageStructure` json) has a default."""
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
