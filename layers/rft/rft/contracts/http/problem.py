"""Error responses of the API as problem details (RFC 9457), and the mapping of errors to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import Field

from rft.contracts.base import Contract, TextBlock, TextLine
from rft.contracts.http.validation_messages import validation_message
from rft.errors import (
    DeploymentInUse,
    DeploymentNotFound,
    DeploymentRefused,
    ExperimentNotFound,
    InvalidRequest,
    ReportNotFound,
    RetryableQuota,
    RetryableServiceError,
    RetryableThrottling,
    RftError,
    RunConflict,
    RunNotFound,
    SelfApprovalForbidden,
    TransitionRefused,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
MAX_SHOWN_ERRORS = 50
MAX_SHOWN_CHARACTERS = 200

PROBLEMS: dict[int, tuple[str, str]] = {
    400: ("unreadable-body", "The request body is not a JSON object"),
    403: ("forbidden", "Access denied"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed for this path"),
    409: ("conflict", "The run's current state does not allow this"),
    413: ("body-too-large", "The request body is too large"),
    415: ("unsupported-media-type", "The request body must be JSON"),
    422: ("invalid-request", "The request is not valid"),
    500: ("internal-error", "Internal error"),
    503: ("try-again", "AWS is temporarily unavailable; retry later"),
}
"""Status → (last segment of the type URI, title). Each status has one type; `detail` distinguishes cases."""

STATUS_OF_ERROR: dict[type[RftError], int] = {
    InvalidRequest: 422,
    SelfApprovalForbidden: 403,
    RunNotFound: 404,
    ExperimentNotFound: 404,
    ReportNotFound: 404,
    RunConflict: 409,
    TransitionRefused: 409,
    DeploymentNotFound: 404,
    DeploymentInUse: 409,
    DeploymentRefused: 409,
    RetryableThrottling: 503,
    RetryableQuota: 503,
    RetryableServiceError: 503,
}
"""Errors that are reported to API callers, by class; any other error gives 500."""


class FieldError(Contract):
    """One invalid field: its dotted path in the body, or the name of the header, path or query parameter."""

    field: TextLine
    message: TextLine


class Problem(Contract):
    """An error response. `type` is stable and machine-readable, `detail` is for people; neither repeats the input."""

    type: str = Field(pattern=r"^urn:rft:problem:[a-z-]+$")
    title: str
    status: int = Field(ge=400, le=599)
    detail: TextBlock
    instance: str | None = Field(default=None, description="Request id, also in the logs.")
    errors: tuple[FieldError, ...] = Field(default=(), description=f"Max {MAX_SHOWN_ERRORS}.")


def problem(status: int, detail: str, errors: Iterable[FieldError] = (), *, instance: str | None = None) -> Problem:
    """Builds the problem of a status in PROBLEMS."""
    kind, title = PROBLEMS[status]
    return Problem(
        type=f"urn:rft:problem:{kind}",
        title=title,
        status=status,
        detail=detail,
        instance=instance,
        errors=tuple(errors),
    )


def problem_of_error(error: RftError) -> Problem:
    """Builds the problem of an error whose class, or a base class of it, is in STATUS_OF_ERROR."""
    status = next(STATUS_OF_ERROR[kind] for kind in type(error).__mro__ if kind in STATUS_OF_ERROR)
    if isinstance(error, InvalidRequest):
        return problem(status, str(error), [FieldError(field=error.field or "body", message=error.message)])
    if status == 503:
        return problem(status, "Retry the request; with the same Idempotency-Key it resumes the same run.")
    return problem(status, str(error))


def problem_of_fields(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """Builds the problem of pydantic errors, whose `loc` starts with body, header, path or query."""
    found = [FieldError(field=_field(error["loc"]), message=validation_message(error)) for error in errors]
    return problem(422, f"Invalid fields: {len(found)}; see errors.", found[:MAX_SHOWN_ERRORS])


def unknown_parameter(name: str, known: Sequence[str]) -> FieldError:
    """Error for an unknown query parameter, with the closest known name."""
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; allowed: {', '.join(known)}" if known else "; none is allowed"
    return FieldError(field=_field((name,)), message=f"unknown query parameter{hint}")


def _field(loc: tuple[str | int, ...]) -> str:
    path = ".".join(str(part) for part in loc[1:]) or str(loc[0])
    return path if len(path) <= MAX_SHOWN_CHARACTERS else path[:MAX_SHOWN_CHARACTERS] + "…"
