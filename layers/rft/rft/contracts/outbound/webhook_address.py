"""Address of a webhook's endpoint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WebhookAddress:
    """An endpoint behind https on port 443; `target` is path and query."""

    host: str
    target: str
