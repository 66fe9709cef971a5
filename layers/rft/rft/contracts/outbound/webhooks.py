"""Webhooks: the endpoint of an event, and the result of a delivery."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, TextLine
from rft.contracts.outbound.domain_events import DomainEvent

WebhookFormat = Literal["standard", "slack"]
Endpoint = Literal["stack", "run"]
"""`stack`: the parameter WebhookUrl; `run`: the request's notify.webhook."""


class WebhookDelivery(Contract):
    """One event for one endpoint."""

    endpoint: Endpoint
    event: DomainEvent


class WebhookResult(Contract):
    """`skipped` says why nothing was sent, such as an endpoint that is not configured."""

    sent: bool
    skipped: TextLine = ""
    signatures: int = Field(default=0, description="Two while a secret is being rotated.")
