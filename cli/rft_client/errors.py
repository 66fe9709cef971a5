"""Errors of the client.

RftClientError
├── ApiError        the API rejected the request, or could not be reached
└── WaitTimeout     a run did not end within the timeout; the run continues
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RftClientError(Exception):
    """A call failed; the message states cause and remedy in one line."""


@dataclass(frozen=True)
class FieldError:
    """An invalid field: its dotted path in the body, or the name of a parameter, and the reason."""

    field: str
    message: str


class ApiError(RftClientError):
    """The API rejected the request, or could not be reached.

    `status`: the HTTP status, 0 without a response. `problem`: the problem+json document, empty if there is none.
    """

    def __init__(
        self, status: int, message: str, *, problem: Mapping[str, Any] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problem = dict(problem or {})
        self.retry_after = retry_after

    @property
    def type(self) -> str | None:
        """Machine-readable type, `urn:rft:problem:…`; None for errors of API Gateway itself."""
        return self.problem.get("type")

    @property
    def fields(self) -> tuple[FieldError, ...]:
        """Invalid fields that the API reported."""
        return tuple(FieldError(str(e.get("field")), str(e.get("message"))) for e in self.problem.get("errors") or ())


class WaitTimeout(RftClientError):
    """A run did not end within the timeout; the run continues."""
