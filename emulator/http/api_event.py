"""What a function gets of a request, in payload format 2.0, and what becomes of its answer. Pure.

API Gateway Developer Guide, "Lambda proxy integrations for HTTP APIs".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from emulator.functions.invocation import InvokeResult
from emulator.http.access_log import Exchange
from emulator.http.routes import Route, path_of

STAGE = "$default"


def event_of(
    exchange: Exchange, route: Route, parameters: dict[str, str], *, body: bytes, account: str
) -> dict[str, Any]:
    """`account` owns the API; who calls is in the exchange."""
    request = exchange.request
    text = _as_text(body, request.content_type or "")
    cookies = [part.strip() for part in request.headers.get("Cookie", "").split(";") if part.strip()]
    path = path_of(request)
    return {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": unquote(path),
        "rawQueryString": request.query_string.decode(),
        **({"cookies": cookies} if cookies else {}),
        "headers": {n.lower(): v for n, v in request.headers.items() if n.lower() != "cookie"},
        **({"queryStringParameters": _join_values(request)} if request.args else {}),
        "requestContext": _context(exchange, route, unquote(path), account),
        **({"pathParameters": parameters} if parameters else {}),
        **({"body": text if text is not None else base64.b64encode(body).decode()} if body else {}),
        "isBase64Encoded": bool(body) and text is None,
    }


def reply_of(result: InvokeResult) -> Response:
    """The function's answer in format 2.0: a full response, or any JSON value as the body of a 200."""
    try:
        answer = json.loads(result.payload)
    except ValueError:
        return message(500, "Internal Server Error")
    if result.error:
        return message(500, "Internal Server Error")
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return Response(json.dumps(answer), 200, content_type="application/json")
    body = answer.get("body") or ""
    try:
        content = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else str(body).encode()
        reply = Response(content, int(answer["statusCode"]))
    except (binascii.Error, ValueError):
        return message(500, "Internal Server Error")
    del reply.headers["Content-Type"]
    for name, value in (answer.get("headers") or {}).items():
        reply.headers[name] = str(value)
    for cookie in answer.get("cookies") or ():
        reply.headers.add("Set-Cookie", cookie)
    reply.headers.setdefault("Content-Type", "text/plain;charset=UTF-8")
    return reply


class GatewayMessage(Response):
    """What API Gateway itself answers."""

    text: str


def message(status: int, text: str, headers: Mapping[str, str] | None = None) -> GatewayMessage:
    """In API Gateway's form."""
    body = json.dumps({"message": text})
    made = GatewayMessage(body, status, headers=dict(headers or {}), content_type="application/json")
    made.text = text
    return made


def _context(exchange: Exchange, route: Route, path: str, account: str) -> dict[str, Any]:
    request = exchange.request
    return {
        "accountId": account,
        "apiId": "emulated",
        **({"authorizer": dict(exchange.caller)} if exchange.caller else {}),
        "domainName": request.host,
        "domainPrefix": "emulated",
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.remote_addr or "127.0.0.1",
            "userAgent": request.headers.get("User-Agent", ""),
        },
        "requestId": exchange.id,
        "routeKey": route.key,
        "stage": STAGE,
        "time": exchange.at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(exchange.at.timestamp() * 1000),
    }


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
