"""What ends a command with one line on stderr."""

from __future__ import annotations

from rft_client.errors import RftClientError


class CommandError(RftClientError):
    """A command failed; the message has in one line the cause and what to do."""
