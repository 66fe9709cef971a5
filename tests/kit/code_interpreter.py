"""A client of the emulated code interpreter that needs no port."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from emulator.agentcore.service import AgentCoreService
from emulator.http.operations import operation_of
from emulator.http.replies import AwsError, error_reply


class _Raw(io.BytesIO):
    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


class InterpreterCalls:
    """A `client` of the service; `bodies` records request bodies by operation, `errors` are raised by calls."""

    def __init__(self) -> None:
        self.service = AgentCoreService()
        self.bodies: list[tuple[str, str]] = []
        self.errors: dict[str, AwsError] = {}
        self.client: Any = boto3.client(
            "bedrock-agentcore",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.client.meta.events.register("before-send.bedrock-agentcore.*", self._send)

    def _send(self, request: Any, **_: object) -> AWSResponse:
        parts, body = urlsplit(request.url), request.body or b""
        builder = EnvironBuilder(parts.path, method=request.method, query_string=parts.query, data=body)
        for name, value in request.headers.items():
            builder.headers[name] = value.decode() if isinstance(value, bytes) else value
        received = Request({**builder.get_environ(), "RAW_URI": f"{parts.path}?{parts.query}"})
        operation = operation_of(received, body)
        self.bodies.append((operation.name, body.decode()))
        try:
            if operation.name in self.errors:
                raise self.errors[operation.name]
            reply = self.service.answer(operation, received, body)
        except AwsError as error:
            reply = error_reply(operation.service, error)
        assert reply is not None, operation
        headers: Any = dict(reply.headers)
        return AWSResponse(request.url, reply.status_code, headers, _Raw(reply.get_data()))
