"""The error that ends a command with one line on stderr."""

from __future__ import annotations

from rft_client.errors import RftClientError


class CommandError(RftClientError):
    """A command failed; the message states cause and remedy in one line."""
