"""AWS's wire format: JSON responses, and errors in the format of each protocol."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

XML_SERVICES = frozenset({"s3", "sns", "sqs", "iam", "sts", "cloudformation", "monitoring"})
"""Services with XML errors; all others use JSON."""


class AwsError(Exception):
    def __init__(self, code: str, status: int, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status
        self.message = message
        self.details = details or {}


def json_reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a REST-JSON response; times are serialised as ISO 8601 in UTC."""
    return _reply(json.dumps(body, default=_encoded).encode(), status, "application/json", headers)


def error_reply(service: str, error: AwsError, *, json_protocol: bool = False) -> Response:
    """Return an error in the format of `service`; `json_protocol` is set for services with X-Amz-Target."""
    if service in XML_SERVICES and not json_protocol:
        return _reply(_xml(service, error).encode(), error.status, "text/xml")
    body = {"__type": error.code, "message": error.message, **error.details}
    return json_reply(body, error.status, {"x-amzn-ErrorType": error.code})


def _reply(body: bytes, status: int, content_type: str, headers: Mapping[str, str] | None = None) -> Response:
    reply = Response(body, status=status, content_type=content_type, headers=dict(headers or {}))
    reply.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return reply


def _xml(service: str, error: AwsError) -> str:
    inner = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    request_id = f"<RequestId>{uuid.uuid4()}</RequestId>"
    if service == "s3":
        return f'<?xml version="1.0" encoding="UTF-8"?><Error>{inner}{request_id}</Error>'
    return f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error>{request_id}</ErrorResponse>"


def _encoded(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} is not JSON serialisable")
