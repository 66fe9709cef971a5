"""Identifies the service and operation of a request, using botocore's service models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

import botocore.session
from werkzeug.wrappers import Request

MODELS = {
    "bedrock": ("bedrock", "bedrock-runtime"),
    "bedrock-agentcore": ("bedrock-agentcore",),
    "lambda": ("lambda",),
    "s3": ("s3",),
    "xray": ("xray",),
}
"""Signing name of a REST service → botocore models that use it."""

_CREDENTIAL = re.compile(r"Credential=[^/]+/\d{8}/([a-z0-9-]+)/([a-z0-9.-]+)/aws4_request")


@dataclass(frozen=True)
class Operation:
    """A request's service (signing name) and operation; `labels` are the URI label values in its path."""

    service: str
    name: str
    labels: tuple[str, ...] = ()
    json_protocol: bool = False


@dataclass(frozen=True)
class _Route:
    name: str
    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    headers: frozenset[str]


def operation_of(request: Request, body: bytes) -> Operation:
    """Return the operation of a request; unknown parts are ''. An unsigned request is treated as S3, as in moto."""
    found = _CREDENTIAL.search(request.headers.get("Authorization", "")) or _CREDENTIAL.search(
        request.args.get("X-Amz-Credential", "")
    )
    service = found[2] if found else "s3"
    if target := request.headers.get("X-Amz-Target"):
        return Operation(service, target.rsplit(".", 1)[-1], json_protocol=True)
    if request.mimetype == "application/x-www-form-urlencoded":
        return Operation(service, parse_qs(body.decode(errors="replace")).get("Action", [""])[0])
    return _rest_operation(service, request)


def _rest_operation(service: str, request: Request) -> Operation:
    path = request.environ.get("RAW_URI", request.path).split("?")[0]
    query_names = set(request.args)
    for route in _routes(service):
        if route.method != request.method or not route.query <= query_names:
            continue
        if all(name in request.headers for name in route.headers) and (found := route.path.fullmatch(path)):
            return Operation(service, route.name, tuple(unquote(value) for value in found.groups() if value))
    return Operation(service, "")


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    """Return all routes, most specific first, so that `?uploads` is matched before the plain path."""
    session = botocore.session.get_session()
    models = [session.get_service_model(name) for name in MODELS.get(service, ())]
    routes = [_route(name, model.operation_model(name)) for model in models for name in model.operation_names]
    return tuple(sorted(routes, key=_specificity))


def _route(name: str, operation: Any) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    members = operation.input_shape.members if operation.input_shape else {}
    required = [members[member].serialization for member in getattr(operation.input_shape, "required_members", ())]
    queried = {s["name"] for s in required if s.get("location") == "querystring"}
    headers = {s["name"] for s in required if s.get("location") == "header"}
    keys = frozenset(part.split("=")[0] for part in query.split("&") if part) | queried
    return _Route(name, operation.http["method"], re.compile(_pattern(path) + "/?"), keys, frozenset(headers))


def _specificity(route: _Route) -> tuple[int, int, int, int, str]:
    slashes = route.path.pattern.count("/")
    return (-len(route.query), -len(route.headers), -slashes, route.path.groups, route.name)


def _pattern(path: str) -> str:
    parts = re.split(r"\{(\w+)(\+?)\}", path.rstrip("/"))
    pieces = []
    for index in range(0, len(parts), 3):
        pieces.append(re.escape(parts[index]))
        if index + 2 < len(parts):
            pieces.append("(.+)" if parts[index + 2] else "([^/]+)")
    return "".join(pieces)
