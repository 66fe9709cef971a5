"""Validation of webhook URLs, without DNS resolution. Pure."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from rft.contracts.outbound.webhook_address import WebhookAddress
from rft.errors import InvalidRequest

FIELD = "notify.webhook"


def webhook_address(url: str, hosts: Collection[str] | None = None) -> WebhookAddress:
    """Parses a URL; with `hosts`, only those hosts are allowed. Raises InvalidRequest (notify.webhook)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidRequest("is not a valid URL", field=FIELD) from None
    if parts.scheme != "https" or not parts.hostname or port not in (None, 443):
        raise InvalidRequest("must be https:// on port 443", field=FIELD)
    if "@" in parts.netloc or parts.fragment or not url.isascii() or any(c.isspace() for c in url):
        raise InvalidRequest("must not contain credentials, a fragment, spaces or non-ASCII characters", field=FIELD)
    if hosts is not None and parts.hostname not in hosts:
        allowed = ", ".join(sorted(hosts)) or "none (the stack's parameter WebhookHosts)"
        raise InvalidRequest(f"host {parts.hostname} is not allowed; allowed hosts: {allowed}", field=FIELD)
    return WebhookAddress(parts.hostname, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
