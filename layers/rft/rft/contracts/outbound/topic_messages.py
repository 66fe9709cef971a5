"""Messages published to the outcome topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TopicMessage:
    """One message: `facts` (JSON-serialisable) for programs, and the same content as `text` for people.

    `notice` is the deduplication key, such as `outcome/<run id>`: a message is published once per key.
    """

    notice: str
    subject: str
    facts: Mapping[str, Any]
    text: str
