"""API Gateway's HTTP API in front of Lambda: routes, IAM authorisation, payload format 2.0."""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from emulator.functions.invocation import InvokeResult
from emulator.functions.registry import Functions
from emulator.http.signature import is_authentic, signed_request
from emulator.iam.authorizer import Authorizer, Check
from emulator.iam.guard import signing_key
from emulator.iam.keyring import Keyring
from emulator.iam.principals import Principal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY = 10 * 1024 * 1024
"""Bytes of a request (API Gateway Developer Guide, quotas for HTTP APIs)."""


STAGE = "$default"


@dataclass(frozen=True)
class Caller:
    """Who signed a request."""

    principal: Principal
    access_key: str


@dataclass(frozen=True)
class Route:
    """One operation of the API's OpenAPI document."""

    method: str
    path: str
    function_arn: str
    iam: bool

    @property
    def key(self) -> str:
        return "$default" if self.path == "$default" else f"{self.method} {self.path}"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Path parameters, decoded, where the route takes the request."""
        if self.path == "$default":
            return {}
        if self.method not in ("ANY", method):
            return None
        found = re.fullmatch(re.sub(r"\{(\w+)(\\\+)?\}", _group, _escape(self.path)), path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


def routes_of(document: Mapping[str, Any]) -> list[Route]:
    """Routes in the order in which they are tried: the most literal first, `$default` last.

    Raises ValueError for a route that asks for tokens.
    """
    routes = []
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            uri = operation.get("x-amazon-apigateway-integration", {}).get("uri", "")
            found = re.search(r"functions/(arn:[^/]+)/invocations", uri)
            if found:
                name = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                routes.append(Route(name, path, found[1], _requires_iam(operation)))
    return sorted(routes, key=lambda r: (r.path == "$default", "+}" in r.path, r.path.count("{"), r.method == "ANY"))


class HttpApi:
    """The WSGI application on the API's port."""

    def __init__(
        self,
        document: Mapping[str, Any],
        functions: Functions,
        keyring: Keyring,
        authorizer: Authorizer,
        *,
        api_id: str,
        region: str,
        account: str,
    ) -> None:
        self._routes = routes_of(document)
        self._functions = functions
        self._keyring = keyring
        self._authorizer = authorizer
        self._arn = f"arn:aws:execute-api:{region}:{account}:{api_id}/{STAGE}"
        self._region = region
        self._account = account

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        path = _path(request)
        body = request.get_data()
        if len(body) > MAX_BODY:
            return _message(413, "Request Entity Too Large")
        for route in self._routes:
            parameters = route.match(request.method, path)
            if parameters is not None:
                caller = self._signer(request, body) if route.iam else None
                if route.iam and not (caller and self._may_call(caller, request.method, path)):
                    return _message(403, "Forbidden")
                event = self._event(request, route, parameters, body=body, caller=caller)
                return self._invoke(route, json.dumps(event).encode())
        return _message(404, "Not Found")

    def _signer(self, request: Request, body: bytes) -> Caller | None:
        """Who signed the request; None where the signature is not that of a key that is known here."""
        access_key = signing_key(request)
        found = self._keyring.find(access_key) if access_key else None
        if found is None:
            return None
        signed, now = signed_request(request, body), datetime.now(UTC)
        authentic = is_authentic(signed, found[1], service="execute-api", region=self._region, now=now)
        return Caller(found[0], found[1].access_key) if authentic else None

    def _may_call(self, caller: Caller, method: str, path: str) -> bool:
        """API Gateway Developer Guide, "Control access to HTTP APIs with IAM authorization"."""
        return self._authorizer.allows(caller.principal, Check("execute-api:Invoke", f"{self._arn}/{method}{path}"))

    def _invoke(self, route: Route, event: bytes) -> Response:
        """The function's own policy must name the route."""
        source = f"{self._arn}/{route.key.replace(' ', '')}"
        invocation = Check("lambda:InvokeFunction", route.function_arn)
        if not self._authorizer.allows_service("apigateway.amazonaws.com", invocation, source=source):
            return _message(500, "Internal Server Error")
        return _reply(self._functions.invoke(route.function_arn, event))

    def _event(
        self,
        request: Request,
        route: Route,
        parameters: dict[str, str],
        *,
        body: bytes,
        caller: Caller | None,
    ) -> dict[str, Any]:
        """Payload format version 2.0 (API Gateway Developer Guide, "Lambda proxy integrations for HTTP APIs")."""
        text = _as_text(body, request.content_type or "")
        cookies = [part.strip() for part in request.headers.get("Cookie", "").split(";") if part.strip()]
        path = _path(request)
        return {
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": unquote(path),
            "rawQueryString": request.query_string.decode(),
            **({"cookies": cookies} if cookies else {}),
            "headers": {n.lower(): v for n, v in request.headers.items() if n.lower() != "cookie"},
            **({"queryStringParameters": _join_values(request)} if request.args else {}),
            "requestContext": self._context(request, route, unquote(path), caller),
            **({"pathParameters": parameters} if parameters else {}),
            **({"body": text if text is not None else base64.b64encode(body).decode()} if body else {}),
            "isBase64Encoded": bool(body) and text is None,
        }

    def _context(self, request: Request, route: Route, path: str, caller: Caller | None) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            "accountId": self._account,
            "apiId": "emulated",
            **({"authorizer": {"iam": self._identity(caller)}} if caller else {}),
            "domainName": request.host,
            "domainPrefix": "emulated",
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.remote_addr or "127.0.0.1",
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route.key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        }

    def _identity(self, caller: Caller) -> dict[str, Any]:
        name = caller.principal.arn.rpartition("/")[2]
        return {
            "accessKey": caller.access_key,
            "accountId": self._account,
            "callerId": f"{name.upper()}USER",
            "cognitoIdentity": None,
            "principalOrgId": "*",
            "userArn": caller.principal.arn,
            "userId": f"{name.upper()}USER",
        }


def _path(request: Request) -> str:
    """As sent, without its query."""
    path: str = request.environ.get("RAW_URI", request.path).split("?")[0]
    return path or "/"


def _reply(result: InvokeResult) -> Response:
    """The function's answer in format 2.0: a full response, or any JSON value as the body of a 200."""
    try:
        answer = json.loads(result.payload)
    except ValueError:
        return _message(500, "Internal Server Error")
    if result.error:
        return _message(500, "Internal Server Error")
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return Response(json.dumps(answer), 200, content_type="application/json")
    body = answer.get("body") or ""
    try:
        content = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else str(body).encode()
        reply = Response(content, int(answer["statusCode"]))
    except (binascii.Error, ValueError):
        return _message(500, "Internal Server Error")
    del reply.headers["Content-Type"]
    for name, value in (answer.get("headers") or {}).items():
        reply.headers[name] = str(value)
    for cookie in answer.get("cookies") or ():
        reply.headers.add("Set-Cookie", cookie)
    reply.headers.setdefault("Content-Type", "text/plain;charset=UTF-8")
    return reply


def _message(status: int, text: str) -> Response:
    return Response(json.dumps({"message": text}), status, content_type="application/json")


def _as_text(body: bytes, content_type: str) -> str | None:
    """The body as text, or None where API Gateway would pass it as base64."""
    kind = content_type.split(";", 1)[0].strip().lower()
    textual = (
        not kind or kind.startswith("text/") or kind.endswith(("json", "xml", "javascript", "x-www-form-urlencoded"))
    )
    try:
        return body.decode() if textual else None
    except UnicodeDecodeError:
        return None


def _join_values(request: Request) -> dict[str, str]:
    return {name: ",".join(values) for name, values in request.args.lists()}


def _requires_iam(operation: Mapping[str, Any]) -> bool:
    schemes = {name for scheme in operation.get("security", []) for name in scheme}
    if schemes - {"AWS_IAM", "NONE"}:
        raise ValueError(
            "the emulated API takes requests signed for IAM, no tokens; leave JwtIssuer and JwtAudience out"
        )
    return "AWS_IAM" in schemes


def _escape(path: str) -> str:
    return re.escape(path).replace(r"\{", "{").replace(r"\}", "}").replace(r"\_", "_")


def _group(found: re.Match[str]) -> str:
    return f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"
