"""What ends a command with one line on stderr."""

from __future__ import annotations

from rft_client.errors import RftClientError


class CommandError(RftClientError):
    """A command cannot go on; the message says in one line what is wrong and what to do."""
