"""A JWT authorizer of an HTTP API: tokens of an OpenID Connect issuer, checked with the keys that it publishes.

API Gateway Developer Guide, "Control access to HTTP APIs with JWT authorizers".
"""

from __future__ import annotations

import json
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
KEYS_SECONDS = 7200.0
"""API Gateway keeps an issuer's keys for two hours."""
FETCH_SECONDS = 5.0

Fetch = Callable[[str], dict[str, Any]]
"""Gives the JSON document at a URL. Raises OSError, ValueError."""


@dataclass(frozen=True)
class TokenSettings:
    """Of the document's security scheme: who issues tokens, and for whom."""

    issuer: str
    audience: tuple[str, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any], scheme: str) -> TokenSettings:
        """Raises ValueError for a scheme that is no JWT authorizer."""
        found = document.get("components", {}).get("securitySchemes", {}).get(scheme, {})
        configuration = found.get("x-amazon-apigateway-authorizer", {}).get("jwtConfiguration")
        if not configuration:
            raise ValueError(f"the emulated API knows no authorizer {scheme}: it takes IAM signatures and JWTs")
        return cls(configuration["issuer"].rstrip("/"), tuple(configuration["audience"]))


class TokenVerifier:
    """Checks signature, issuer, audience and times of a token."""

    def __init__(self, settings: TokenSettings, fetch: Fetch) -> None:
        self._settings, self._fetch = settings, fetch
        self._lock = threading.Lock()
        self._keys: tuple[KeySet, float] | None = None

    def claims(self, token: str) -> dict[str, Any] | None:
        """None for a token that is not valid, or where the issuer's keys cannot be read."""
        try:
            claims: dict[str, Any] = jwt.decode(token, self._known_keys(), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, OSError, KeyError, TypeError):
            return None
        return claims if self._is_meant(claims) and self._is_timely(claims) else None

    def _known_keys(self) -> KeySet:
        with self._lock:
            if self._keys is None or time.monotonic() - self._keys[1] > KEYS_SECONDS:
                configuration = self._fetch(f"{self._settings.issuer}/.well-known/openid-configuration")
                found = KeySet.import_key_set(self._fetch(configuration["jwks_uri"]))  # type: ignore[arg-type]
                self._keys = found, time.monotonic()
            return self._keys[0]

    def _is_meant(self, claims: Mapping[str, Any]) -> bool:
        """`client_id` counts only where there is no `aud`."""
        audience = claims.get("aud", claims.get("client_id", []))
        named = [audience] if isinstance(audience, str) else audience
        issuer = str(claims.get("iss", "")).rstrip("/")
        return issuer == self._settings.issuer and bool(set(named) & set(self._settings.audience))

    def _is_timely(self, claims: Mapping[str, Any]) -> bool:
        now = time.time()
        return bool(now < claims.get("exp", 0) and claims.get("nbf", 0) <= now and claims.get("iat", 0) <= now)


def https_fetch(certificate: Path | None) -> Fetch:
    """Reads over TLS; `certificate` is that of an authority that is trusted besides the system's."""

    def fetch(url: str) -> dict[str, Any]:
        if not url.startswith("https://"):
            raise ValueError(f"{url} is not an https address")
        context = ssl.create_default_context()
        if certificate:
            context.load_verify_locations(certificate)
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS, context=context) as reply:  # noqa: S310  https only
            found: dict[str, Any] = json.load(reply)
        return found

    return fetch
