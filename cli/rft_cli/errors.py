"""What ends a command with one line on stderr."""

from __future__ import annotations


class CommandError(Exception):
    """A command cannot go on; the message says in one line what is wrong and what to do."""


class ApiError(CommandError):
    """The API refused, or could not be reached. `status` is the HTTP status, 0 where there was no answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
