"""Authorizers of an HTTP API: IAM signatures and JWTs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from werkzeug.wrappers import Request

from emulator.http.routes import Route, path_of
from emulator.http.signature import is_authentic, signed_request
from emulator.http.tokens import TokenVerifier
from emulator.iam.authorizer import Authorizer, Check
from emulator.iam.guard import signing_key
from emulator.iam.keyring import Keyring
from emulator.iam.principals import Principal


class Refused(Exception):
    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}


class RouteAuthorizer(Protocol):
    def authorize(self, request: Request, route: Route, body: bytes) -> dict[str, Any]:
        """Return the event's `requestContext.authorizer`. Raises Refused."""
        ...


class NoAuthorizer:
    def authorize(self, request: Request, route: Route, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """Return an empty context; credentials are ignored."""
        return {}


@dataclass(frozen=True)
class IamAuthorizer:
    """Requires a SigV4 signature and the permission execute-api:Invoke. `arn` is that of the API's stage."""

    keyring: Keyring
    policies: Authorizer
    arn: str
    region: str
    account: str

    def authorize(self, request: Request, route: Route, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """Source: API Gateway Developer Guide, "Control access to HTTP APIs with IAM authorization"."""
        access_key = signing_key(request)
        found = self.keyring.find(access_key) if access_key else None
        if found is None or not self._is_authentic(request, body, found[1]):
            raise Refused(403, "Forbidden")
        principal, credentials = found
        invocation = Check("execute-api:Invoke", f"{self.arn}/{request.method}{path_of(request)}")
        if not self.policies.allows(principal, invocation):
            raise Refused(403, "Forbidden")
        return {"iam": self._identity(principal, credentials.access_key)}

    def _is_authentic(self, request: Request, body: bytes, credentials: Any) -> bool:
        signed = signed_request(request, body)
        return is_authentic(signed, credentials, service="execute-api", region=self.region, now=datetime.now(UTC))

    def _identity(self, principal: Principal, access_key: str) -> dict[str, Any]:
        name = principal.arn.rpartition("/")[2]
        return {
            "accessKey": access_key,
            "accountId": self.account,
            "callerId": f"{name.upper()}USER",
            "cognitoIdentity": None,
            "principalOrgId": "*",
            "userArn": principal.arn,
            "userId": f"{name.upper()}USER",
        }


@dataclass(frozen=True)
class JwtAuthorizer:
    """Reads the token from the Authorization header, with or without `Bearer`."""

    verifier: TokenVerifier

    def authorize(self, request: Request, route: Route, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """Return all claims as strings. If the route has scopes, the token needs one of them. Raises Refused."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        claims = self.verifier.claims(token) if token else None
        if claims is None:
            why = 'Bearer error="invalid_token"' if token else "Bearer"
            raise Refused(401, "Unauthorized", {"www-authenticate": why})
        if route.scopes and not set(route.scopes) & _scopes(claims):
            why = f'Bearer scope="{" ".join(route.scopes)}" error="insufficient_scope"'
            raise Refused(403, "Forbidden", {"www-authenticate": why})
        texts = {name: _text(value) for name, value in claims.items()}
        return {"jwt": {"claims": texts, "scopes": list(route.scopes) or None}}


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    """Return the scopes in the claim `scope` or `scp`, which is a space-separated string or a list."""
    found = claims.get("scope") or claims.get("scp") or ""
    return set(found.split() if isinstance(found, str) else map(str, found))


def _text(value: Any) -> str:
    """Format a claim as API Gateway does: lists in brackets, without commas."""
    if isinstance(value, list):
        return f"[{' '.join(str(each) for each in value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
