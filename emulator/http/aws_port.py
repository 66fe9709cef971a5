"""The AWS endpoint: checks permissions and faults, then routes to the emulator's own services or to moto."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote_to_bytes

from pydantic import ValidationError
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from emulator.clock import ScaledClock
from emulator.faults import Fault, Faults
from emulator.http.operations import Operation, operation_of
from emulator.http.replies import AwsError, error_reply, json_reply
from rft.contracts.http.validation_messages import validation_messages

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOG = logging.getLogger("emulator")
CONTROL_PATH = "/_emulator/"
WIRE_FAULTS = frozenset({"error", "response_lost", "delay"})
SERIALIZED = {"dynamodb": frozenset[str](), "states": frozenset({"GetActivityTask", "StartSyncExecution"})}
"""Services whose calls are serialised because of conditional writes, and their operations that are exempt."""


class Service(Protocol):
    """A service that the emulator implements itself, without moto."""

    def subjects(self, operation: Operation) -> Iterable[str]:
        """Return additional subjects of an operation, which faults are matched against."""
        ...

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response | None:
        """Return the response, or None to let moto serve the request. Raises AwsError."""
        ...


Authorize = Callable[[Operation, Request, bytes], None]
"""Raises AwsError if the caller may not make the request."""

AuthorizeControl = Callable[[Request, bytes], None]
"""Raises AwsError if the caller may not make this request to the emulator's control API."""


class AwsPort:
    """WSGI application on the AWS endpoint.

    `on_call` is called for each request served by moto, before the response is sent.
    """

    def __init__(
        self,
        moto: WSGIApplication,
        services: dict[str, Service],
        faults: Faults,
        clock: ScaledClock,
        *,
        authorize: Authorize,
        authorize_control: AuthorizeControl,
        on_call: Callable[[Operation, bytes], None],
    ) -> None:
        self._moto = moto
        self._authorize = authorize
        self._authorize_control = authorize_control
        self._on_call = on_call
        self._services = services
        self._faults = faults
        self._clock = clock
        self._locks = {name: threading.Lock() for name in SERIALIZED}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        if request.path.startswith(CONTROL_PATH):
            return self._control(request, body)(environ, start_response)
        operation = operation_of(request, body)
        try:
            reply = self._reply(operation, request, body, environ)
        except AwsError as error:
            reply = error_reply(operation.service, error, json_protocol=operation.json_protocol)
        except Exception as error:
            LOG.exception("%s %s failed in the emulator", operation.service, operation.name)
            broken = AwsError("ServiceException", 500, f"Internal emulator error: {type(error).__name__}: {error}")
            reply = error_reply(operation.service, broken, json_protocol=operation.json_protocol)
        if reply is not None:
            return reply(environ, start_response)
        return self._from_moto(operation, body, environ, start_response)

    def _reply(self, operation: Operation, request: Request, body: bytes, environ: WSGIEnvironment) -> Response | None:
        self._authorize(operation, request, body)
        fault = self._fault(operation, unquote_to_bytes(request.query_string) + b"\n" + body)
        if fault and fault.effect == "error":
            raise _error(fault)
        if fault and fault.effect == "delay":
            self._faults.delay(fault, lambda: self._clock.closing)
        service = self._services.get(operation.service)
        reply = service.answer(operation, request, body) if service else None
        if fault and fault.effect == "response_lost":
            if reply is None:
                run_wsgi_app(partial(self._from_moto, operation, body), environ)
            raise _error(fault)
        return reply

    def _fault(self, operation: Operation, query_and_body: bytes) -> Fault | None:
        service = self._services.get(operation.service)
        body = query_and_body.partition(b"\n")[2]
        names = [*_subjects(operation, body), *(service.subjects(operation) if service else ())]
        return self._faults.take(operation.service, operation.name, *names, only=WIRE_FAULTS, body=query_and_body)

    def _from_moto(
        self, operation: Operation, body: bytes, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        lock = self._locks.get(operation.service)
        if operation.name in SERIALIZED.get(operation.service, ()):
            lock = None
        with lock or nullcontext():
            reply = self._moto(environ, start_response)
            self._on_call(operation, body)
            return reply

    def _control(self, request: Request, body: bytes) -> Response:
        """Serve `/_emulator/faults`: GET lists the active rules, POST adds one, DELETE removes all."""
        try:
            self._authorize_control(request, body)
        except AwsError as error:
            return json_reply({"message": error.message}, error.status)
        if request.path.removeprefix(CONTROL_PATH) != "faults":
            return json_reply({"message": "Not Found"}, 404)
        if request.method == "DELETE":
            self._faults.clear()
        elif request.method == "POST":
            try:
                self._faults.add(Fault.model_validate_json(body))
            except ValidationError as error:
                return json_reply({"message": validation_messages(error, "fault")}, 400)
        return json_reply([fault.model_dump() for fault in self._faults.listed()])


def _error(fault: Fault) -> AwsError:
    return AwsError(fault.code, fault.status, fault.message, fault.details)


def _subjects(operation: Operation, body: bytes) -> list[str]:
    """Return the subjects that faults are matched against: path labels and short strings of a JSON body."""
    if not body.startswith(b"{") or len(body) > 65_536:
        return list(operation.labels)
    try:
        fields: dict[str, Any] = json.loads(body)
    except ValueError:
        return list(operation.labels)
    return [*operation.labels, *(value for value in fields.values() if isinstance(value, str))]
