"""Authentication of requests: a SigV4 signature or a bearer token."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rft_client.identity import Identify
from rft_client.jwt_claims import token_problem

UNAUTHORIZED, FORBIDDEN = 401, 403
SCOPES = re.compile(r'scope="([^"]+)"')


class Authorization(Protocol):
    """Adds authentication headers to requests and explains rejections by API Gateway."""

    def authorize(self, request: AWSRequest) -> None: ...

    def explain(self, status: int, challenge: str) -> str:
        """Reason for a status 401 or 403, '' if unknown. `challenge`: the header WWW-Authenticate."""
        ...


@dataclass(frozen=True)
class SigV4:
    """AWS Signature Version 4; the credentials require execute-api:Invoke on the API."""

    region: str
    credentials: Credentials
    identify: Identify | None = field(default=None, repr=False, compare=False)

    def authorize(self, request: AWSRequest) -> None:
        SigV4Auth(self.credentials.get_frozen_credentials(), "execute-api", self.region).add_auth(request)

    def explain(self, status: int, challenge: str) -> str:
        if challenge:
            return "this API takes tokens, no signatures: set RFT_TOKEN or RFT_TOKEN_COMMAND"
        return self.identify() if self.identify and status == FORBIDDEN else ""


@dataclass(frozen=True)
class BearerToken:
    """A token of the stack's trusted issuer (parameter JwtIssuer); a callable is called for each request."""

    token: str | Callable[[], str] = field(repr=False)

    def authorize(self, request: AWSRequest) -> None:
        request.headers["Authorization"] = f"Bearer {self._current()}"

    def explain(self, status: int, challenge: str) -> str:
        if status == UNAUTHORIZED:
            return token_problem(self._current(), time.time())
        scopes = SCOPES.search(challenge)
        return f"the token lacks the scope {scopes[1]}" if scopes and "insufficient_scope" in challenge else ""

    def _current(self) -> str:
        return self.token if isinstance(self.token, str) else self.token()
