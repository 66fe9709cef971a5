"""Routes of an HTTP API, from its OpenAPI document. Pure."""

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
    """Security scheme of the document that the route requires: AWS_IAM, that of a token, or '' for none."""
    scopes: tuple[str, ...] = ()
    """A token needs one of them; any token will do where there are none."""

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
    """Routes in the order in which they are tried: the most literal first, `$default` last."""
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
    """As sent, without its query."""
    path: str = request.environ.get("RAW_URI", request.path).split("?")[0]
    return path or "/"


def _security(operation: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Scheme and scopes."""
    found = [item for scheme in operation.get("security", []) for item in scheme.items() if item[0] != "NONE"]
    return (found[0][0], tuple(found[0][1] or ())) if found else ("", ())


def _escape(path: str) -> str:
    return re.escape(path).replace(r"\{", "{").replace(r"\}", "}").replace(r"\_", "_")


def _group(found: re.Match[str]) -> str:
    return f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"
