"""Who may call an HTTP API: by the signature of an IAM principal, or by a token."""

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
    """The caller gets this status and message."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}


class RouteAuthorizer(Protocol):
    """Decides about the requests of some routes."""

    def authorize(self, request: Request, route: Route, body: bytes) -> dict[str, Any]:
        """What the function gets as `requestContext.authorizer`. Raises Refused."""
        ...


class NoAuthorizer:
    """Of routes that are open to all."""

    def authorize(self, request: Request, route: Route, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """Accepts no credentials."""
        return {}


@dataclass(frozen=True)
class IamAuthorizer:
    """`arn` is the API's stage."""

    keyring: Keyring
    policies: Authorizer
    arn: str
    region: str
    account: str

    def authorize(self, request: Request, route: Route, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """API Gateway Developer Guide, "Control access to HTTP APIs with IAM authorization"."""
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
    """Reads the token from the header Authorization, after `Bearer` or alone."""

    verifier: TokenVerifier

    def authorize(self, request: Request, route: Route, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """The function gets all claims as texts. A token needs one of the route's scopes, if it has any."""
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
    """Of the claim `scope` or `scp`: one text with spaces, or a list."""
    found = claims.get("scope") or claims.get("scp") or ""
    return set(found.split() if isinstance(found, str) else map(str, found))


def _text(value: Any) -> str:
    """As API Gateway writes a claim: lists in brackets, without commas."""
    if isinstance(value, list):
        return f"[{' '.join(str(each) for each in value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
