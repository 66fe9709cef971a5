"""How requests prove who sends them: a signature (SigV4) or a bearer token."""

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
    """Adds its headers to a request, and says why API Gateway refused one."""

    def authorize(self, request: AWSRequest) -> None: ...

    def explain(self, status: int, challenge: str) -> str:
        """Why, for 401 and 403; `challenge` is the header WWW-Authenticate. '' where it is unknown."""
        ...


@dataclass(frozen=True)
class SigV4:
    """AWS Signature Version 4; the credentials need execute-api:Invoke on the API."""

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
    """A token of the issuer that the stack trusts (parameter JwtIssuer); a function gives a fresh one per request."""

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
