"""API Gateway's HTTP API in front of Lambda: routes, authorisers, throttling, payload format 2.0."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from emulator.functions.concurrency import TooManyInvocations
from emulator.functions.registry import Functions
from emulator.http.access_log import AccessLog, Entry, Exchange
from emulator.http.api_event import STAGE, GatewayMessage, event_of, message, reply_of
from emulator.http.authorization import IamAuthorizer, JwtAuthorizer, NoAuthorizer, Refused, RouteAuthorizer
from emulator.http.routes import IAM, Route, path_of, routes_of
from emulator.http.throttle import Throttle, ThrottleSettings
from emulator.http.tokens import Fetch, TokenSettings, TokenVerifier
from emulator.iam.authorizer import Authorizer, Check
from emulator.iam.keyring import Keyring

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LOG = logging.getLogger("emulator.http.api")

MAX_BODY = 10 * 1024 * 1024
"""Maximum request body, in bytes (API Gateway Developer Guide, quotas for HTTP APIs)."""
INTEGRATION_SECONDS = 30.0
"""Maximum integration timeout, in seconds (same source)."""


OnReply = Callable[[str, int, float], None]
"""Called with the API's id, a response's status and its duration in seconds."""


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """`document` is the API's OpenAPI document; `fetch` downloads a token issuer's documents."""

    document: Mapping[str, Any]
    api_id: str
    region: str
    account: str
    throttle: ThrottleSettings
    fetch: Fetch
    access_log: AccessLog | None = None
    integration_seconds: float = INTEGRATION_SECONDS

    @property
    def arn(self) -> str:
        """ARN of the stage."""
        return f"arn:aws:execute-api:{self.region}:{self.account}:{self.api_id}/{STAGE}"


class HttpApi:
    """WSGI application on the API's port."""

    def __init__(
        self,
        settings: ApiSettings,
        functions: Functions,
        keyring: Keyring,
        policies: Authorizer,
        on_reply: OnReply = lambda *_: None,
    ) -> None:
        """Raises ValueError for a route with an authorizer other than IAM or JWT."""
        self._functions = functions
        self._keyring = keyring
        self._policies = policies
        self._on_reply = on_reply
        self.deploy(settings)
        self._integrations = ThreadPoolExecutor(max_workers=64, thread_name_prefix="http-api")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        exchange, started = Exchange(Request(environ)), time.monotonic()
        reply = self._answer(exchange)
        self._on_reply(self._settings.api_id, reply.status_code, time.monotonic() - started)
        if self._settings.access_log:
            error = reply.text if isinstance(reply, GatewayMessage) else ""
            entry = Entry(exchange, reply.status_code, reply.calculate_content_length() or 0, error)
            self._settings.access_log.write(entry)
        return reply(environ, start_response)

    def deploy(self, settings: ApiSettings) -> None:
        """Replace document and settings, starting with the next request. Raises ValueError as the constructor does."""
        self._settings = settings
        self._routes = routes_of(settings.document)
        self._throttle = Throttle(settings.throttle)
        iam = IamAuthorizer(self._keyring, self._policies, settings.arn, settings.region, settings.account)
        self._authorizers = {scheme: self._authorizer(scheme, iam) for scheme in {r.scheme for r in self._routes}}

    def close(self) -> None:
        """Cancel queued invocations without waiting for running ones."""
        self._integrations.shutdown(wait=False, cancel_futures=True)

    def _authorizer(self, scheme: str, iam: IamAuthorizer) -> RouteAuthorizer:
        if not scheme:
            return NoAuthorizer()
        if scheme == IAM:
            return iam
        tokens = TokenSettings.of(self._settings.document, scheme)
        return JwtAuthorizer(TokenVerifier(tokens, self._settings.fetch))

    def _answer(self, exchange: Exchange) -> Response:
        request = exchange.request
        path, body = path_of(request), request.get_data()
        if len(body) > MAX_BODY:
            return message(413, "Request Entity Too Large")
        for route in self._routes:
            parameters = route.match(request.method, path)
            if parameters is not None:
                exchange.route = route
                return self._on_route(route, parameters, exchange, body)
        return message(404, "Not Found")

    def _on_route(self, route: Route, parameters: dict[str, str], exchange: Exchange, body: bytes) -> Response:
        if not self._throttle.admits(route.key):
            return message(429, "Too Many Requests")
        try:
            exchange.caller = self._authorizers[route.scheme].authorize(exchange.request, route, body)
        except Refused as refused:
            return message(refused.status, str(refused), refused.headers)
        event = event_of(exchange, route, parameters, body=body, account=self._settings.account)
        return self._invoke(route, json.dumps(event).encode())

    def _invoke(self, route: Route, event: bytes) -> Response:
        """Invoke the route's function, whose resource policy must allow the route."""
        source = f"{self._settings.arn}/{route.key.replace(' ', '')}"
        invocation = Check("lambda:InvokeFunction", route.function_arn)
        if not self._policies.allows_service("apigateway.amazonaws.com", invocation, source=source):
            return message(500, "Internal Server Error")
        running = self._integrations.submit(self._functions.invoke, route.function_arn, event)
        try:
            result = running.result(self._settings.integration_seconds)
        except (TimeoutError, TooManyInvocations) as error:
            LOG.warning("%s: 503: %s", route.key, type(error).__name__)
            return message(503, "Service Unavailable")
        except Exception:
            LOG.exception("%s: 500: internal error in the emulator", route.key)
            return message(500, "Internal Server Error")
        if result.error:
            LOG.warning("%s: 500: the function failed with %s", route.key, result.error_type)
        return reply_of(result)
