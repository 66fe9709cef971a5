"""Lambda's Invoke on the AWS port; every other operation of Lambda is moto's."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from emulator.functions.registry import MAX_PAYLOAD, Functions, UnknownFunction
from emulator.operations import Operation
from emulator.replies import AwsError


class LambdaService:
    """Answers Invoke and leaves the rest."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response | None:
        """Invoke in its three types: RequestResponse, Event, DryRun."""
        if operation.name != "Invoke":
            return None
        name = operation.labels[0]
        if len(body) > MAX_PAYLOAD:
            limit = "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
            raise AwsError("RequestTooLargeException", 413, limit)
        try:
            return self._invoke(name, request.headers.get("X-Amz-Invocation-Type", "RequestResponse"), body or b"{}")
        except UnknownFunction as error:
            raise AwsError("ResourceNotFoundException", 404, f"Function not found: {name}") from error

    def _invoke(self, name: str, kind: str, payload: bytes) -> Response:
        if kind == "DryRun":
            self._functions.find(name)
            return Response(status=204)
        if kind == "Event":
            self._functions.invoke_later(name, payload)
            return Response(status=202)
        result = self._functions.invoke(name, payload)
        headers = {"X-Amz-Executed-Version": "$LATEST"}
        if result.error:
            headers["X-Amz-Function-Error"] = result.error
        return Response(result.payload, 200, headers, content_type="application/json")
