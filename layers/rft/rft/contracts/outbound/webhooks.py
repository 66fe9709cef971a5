"""Webhooks: the deliveries of an event, and their results."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, TextLine
from rft.contracts.outbound.domain_events import DomainEvent

WebhookFormat = Literal["standard", "slack"]
Endpoint = Literal["stack", "run"]
"""Source of the endpoint's URL: `stack`: the parameter WebhookUrl; `run`: the request's notify.webhook."""


class WebhookDelivery(Contract):
    """The delivery of one event to one endpoint."""

    endpoint: Endpoint
    event: DomainEvent


class WebhookResult(Contract):
    """`skipped`: why nothing was sent, such as an endpoint that is not configured."""

    sent: bool
    skipped: TextLine = ""
    signatures: int = Field(default=0, description="Number of signatures: two during a secret's rotation.")
