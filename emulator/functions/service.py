"""Lambda's Invoke on the AWS port; every other operation of Lambda is moto's, but for versions and aliases."""

from __future__ import annotations

import json
import math

from werkzeug.wrappers import Request, Response

from emulator.functions.registry import MAX_PAYLOAD, Functions, UnknownFunction
from emulator.http.operations import Operation
from emulator.http.replies import AwsError

QUALIFIED = 7
"""Colons in the ARN of a version or alias, which moto does not find."""


class LambdaService:
    """Answers what needs the functions that run here, and leaves the rest."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def subjects(self, operation: Operation) -> list[str]:
        """The name and logical id of the function that is called, by whatever it was."""
        try:
            spec = self._functions.find(operation.labels[0])
        except (IndexError, UnknownFunction):
            return []
        return [spec.name, spec.logical_id]

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response | None:
        """Invoke in its three types: RequestResponse, Event, DryRun; and a function's set-up by a qualified ARN."""
        if operation.name == "GetFunctionConfiguration" and operation.labels[0].count(":") == QUALIFIED:
            return self._configuration(operation.labels[0])
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

    def _configuration(self, name: str) -> Response:
        try:
            spec = self._functions.find(name)
        except UnknownFunction as error:
            raise AwsError("ResourceNotFoundException", 404, f"Function not found: {name}") from error
        seconds = math.ceil(spec.timeout)  # whole ones, as Lambda has them
        document = {"FunctionName": spec.name, "FunctionArn": name, "Timeout": seconds, "MemorySize": spec.memory}
        return Response(json.dumps(document), 200, content_type="application/json")

    def _invoke(self, name: str, kind: str, payload: bytes) -> Response:
        if kind == "DryRun":
            self._functions.find(name)
            return Response(status=204)
        if kind == "Event":
            self._functions.invoke_async(name, payload)
            return Response(status=202)
        result = self._functions.invoke(name, payload)
        headers = {"X-Amz-Executed-Version": "$LATEST"}
        if result.error:
            headers["X-Amz-Function-Error"] = result.error
        return Response(result.payload, 200, headers, content_type="application/json")
