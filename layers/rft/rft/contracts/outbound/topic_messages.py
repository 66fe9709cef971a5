"""Messages of the outcome topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TopicMessage:
    """One message: `facts`, JSON-able, for machines, and the same as `text` for people.

    `notice` names the occasion, such as `outcome/<run id>`: a message is sent once for each.
    """

    notice: str
    subject: str
    facts: Mapping[str, Any]
    text: str
