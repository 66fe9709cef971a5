"""What calls of the client raise.

RftClientError
├── ApiError        the API refused the request, or could not be reached
└── WaitTimeout     a run did not end in time; it continues
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RftClientError(Exception):
    """A call failed; the message has in one line the cause and what to do."""


@dataclass(frozen=True)
class FieldError:
    """One field that breaks the API's contract: its dotted path in the body, or the name of a parameter."""

    field: str
    message: str


class ApiError(RftClientError):
    """The API refused, or could not be reached.

    `status`: the HTTP status, 0 without a response. `problem`: the problem+json document, empty where there is none.
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
        """`urn:rft:problem:…`, for programs; None where API Gateway itself answered."""
        return self.problem.get("type")

    @property
    def fields(self) -> tuple[FieldError, ...]:
        """Every field that the API names as wrong."""
        return tuple(FieldError(str(e.get("field")), str(e.get("message"))) for e in self.problem.get("errors") or ())


class WaitTimeout(RftClientError):
    """A run did not end in the time given; it continues."""
