"""How requests prove who sends them: a signature (SigV4) or a bearer token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Authorization(Protocol):
    """Adds its headers to a request."""

    def authorize(self, request: AWSRequest) -> None: ...


@dataclass(frozen=True)
class SigV4:
    """AWS Signature Version 4; the credentials need execute-api:Invoke on the API."""

    region: str
    credentials: Credentials

    def authorize(self, request: AWSRequest) -> None:
        SigV4Auth(self.credentials.get_frozen_credentials(), "execute-api", self.region).add_auth(request)


@dataclass(frozen=True)
class BearerToken:
    """A token of the issuer that the stack trusts (parameter JwtIssuer); a function gives a fresh one per request."""

    token: str | Callable[[], str] = field(repr=False)

    def authorize(self, request: AWSRequest) -> None:
        token = self.token if isinstance(self.token, str) else self.token()
        request.headers["Authorization"] = f"Bearer {token}"
