"""Reads the routes of an HTTP API from its OpenAPI document. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request

IAM = "AWS_IAM"


@dataclass(frozen=True)
class Route:
    """One operation of the API's OpenAPI document."""

    method: str
    path: str
    function_arn: str
    scheme: str
    """Name of the required security scheme: AWS_IAM or a JWT scheme; '' for a public route."""
    scopes: tuple[str, ...] = ()
    """A token needs at least one of these scopes; if empty, any valid token is accepted."""

    @property
    def key(self) -> str:
        return "$default" if self.path == "$default" else f"{self.method} {self.path}"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the decoded path parameters if the route matches the request, else None."""
        if self.path == "$default":
            return {}
        if self.method not in ("ANY", method):
            return None
        found = re.fullmatch(re.sub(r"\{(\w+)(\\\+)?\}", _group, _escape(self.path)), path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


def routes_of(document: Mapping[str, Any]) -> list[Route]:
    """Return the routes in matching order: those with the fewest parameters first, `$default` last."""
    routes = []
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            uri = operation.get("x-amazon-apigateway-integration", {}).get("uri", "")
            found = re.search(r"functions/(arn:[^/]+)/invocations", uri)
            if found:
                name = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                routes.append(Route(name, path, found[1], *_security(operation)))
    return sorted(routes, key=lambda r: (r.path == "$default", "+}" in r.path, r.path.count("{"), r.method == "ANY"))


def path_of(request: Request) -> str:
    """Return the path as sent (still encoded), without the query string."""
    path: str = request.environ.get("RAW_URI", request.path).split("?")[0]
    return path or "/"


def _security(operation: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the operation's security scheme and scopes."""
    found = [item for scheme in operation.get("security", []) for item in scheme.items() if item[0] != "NONE"]
    return (found[0][0], tuple(found[0][1] or ())) if found else ("", ())


def _escape(path: str) -> str:
    return re.escape(path).replace(r"\{", "{").replace(r"\}", "}").replace(r"\_", "_")


def _group(found: re.Match[str]) -> str:
    return f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"
