"""AgentCore on the AWS port: sessions of AWS's managed code interpreter, with executeCode in Python."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from emulator.agentcore.event_stream import CONTENT_TYPE, event
from emulator.agentcore.sessions import CodeSessions
from emulator.bedrock.requests import raise_if_invalid
from emulator.http.operations import Operation
from emulator.http.replies import AwsError, json_reply
from emulator.http.request_rules import input_shape, violations

MANAGED = "aws.codeinterpreter.v1"
"""The managed interpreter of every account (AgentCore Developer Guide, "Resource management"); the only one here."""


class AgentCoreService:
    def __init__(self) -> None:
        self._sessions = CodeSessions()
        self.close = self._sessions.close
        self._handlers = {
            "StartCodeInterpreterSession": self._start,
            "InvokeCodeInterpreter": self._invoke,
            "StopCodeInterpreterSession": self._stop,
        }

    @property
    def open_sessions(self) -> int:
        """Number of running sessions; used to detect sessions that a caller did not stop."""
        return len(self._sessions)

    def subjects(self, _operation: Operation) -> list[str]:
        return []

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response | None:
        handler = self._handlers.get(operation.name)
        if handler is None:
            return None
        fields = _fields(operation, request, body)
        interpreter = str(fields["codeInterpreterIdentifier"])
        if interpreter != MANAGED:
            raise AwsError("ResourceNotFoundException", 404, f"Code interpreter {interpreter} not found.")
        return handler(interpreter, fields)

    def _start(self, interpreter: str, fields: Mapping[str, Any]) -> Response:
        seconds, token = fields.get("sessionTimeoutSeconds"), fields.get("clientToken")
        session_id, session = self._sessions.start(interpreter, seconds, token)
        return json_reply(
            {"codeInterpreterIdentifier": interpreter, "sessionId": session_id, "createdAt": session.created}
        )

    def _invoke(self, interpreter: str, fields: Mapping[str, Any]) -> Response:
        arguments = fields.get("arguments", {})
        if fields["name"] != "executeCode" or arguments.get("language", "python") != "python":
            raise _invalid("The emulator supports executeCode in python only.")
        if "code" not in arguments:
            raise _invalid("arguments.code: is required for executeCode")
        session = self._sessions.find(interpreter, fields.get("sessionId"))
        if arguments.get("clearContext"):
            raise _invalid("The emulator does not support clearContext.")
        found = session.execute(arguments["code"])
        failed = found["exitCode"] != 0
        text = found["stderr"] if failed else found["stdout"]
        result = {"content": [{"type": "text", "text": text}], "structuredContent": found, "isError": failed}
        reply = Response(event("result", result), content_type=CONTENT_TYPE)
        reply.headers["x-amzn-code-interpreter-session-id"] = str(fields["sessionId"])
        return reply

    def _stop(self, interpreter: str, fields: Mapping[str, Any]) -> Response:
        session_id = fields["sessionId"]
        self._sessions.stop(interpreter, session_id)
        return json_reply(
            {"codeInterpreterIdentifier": interpreter, "sessionId": session_id, "lastUpdatedAt": datetime.now(UTC)}
        )


def _fields(operation: Operation, request: Request, body: bytes) -> dict[str, Any]:
    """Return the request's members from URI, query, headers and body, by botocore's model. Raises AwsError."""
    shape = input_shape(operation.name, service="bedrock-agentcore")
    fields = _json(body)
    labels = iter(operation.labels)
    for name, member in shape.members.items():
        where, key = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "uri":
            fields[name] = next(labels)
        elif where == "querystring" and key in request.args:
            fields[name] = request.args[key]
        elif where == "header" and key in request.headers:
            fields[name] = request.headers[key]
    raise_if_invalid(list(violations(fields, shape)))
    return fields


def _json(body: bytes) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = json.loads(body or b"{}")
    except ValueError as error:
        raise _invalid("The request body is not valid JSON.") from error
    return fields


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", 400, message, {"reason": "FieldValidationFailed"})
