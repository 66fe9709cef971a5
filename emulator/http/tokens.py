"""JWT authorizer of an HTTP API: verifies tokens of an OpenID Connect issuer with its published keys.

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
"""API Gateway caches an issuer's keys for two hours."""
FETCH_SECONDS = 5.0

Fetch = Callable[[str], dict[str, Any]]
"""Returns the JSON document at a URL. Raises OSError, ValueError."""


@dataclass(frozen=True)
class TokenSettings:
    issuer: str
    audience: tuple[str, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any], scheme: str) -> TokenSettings:
        """Read the settings of a scheme. Raises ValueError if it is not a JWT authorizer."""
        found = document.get("components", {}).get("securitySchemes", {}).get(scheme, {})
        configuration = found.get("x-amazon-apigateway-authorizer", {}).get("jwtConfiguration")
        if not configuration:
            raise ValueError(f"the emulated API does not support the authorizer {scheme}, only IAM and JWT authorizers")
        return cls(configuration["issuer"].rstrip("/"), tuple(configuration["audience"]))


class TokenVerifier:
    """Verifies signature, issuer, audience and validity period of a token."""

    def __init__(self, settings: TokenSettings, fetch: Fetch) -> None:
        self._settings, self._fetch = settings, fetch
        self._lock = threading.Lock()
        self._keys: tuple[KeySet, float] | None = None

    def claims(self, token: str) -> dict[str, Any] | None:
        """Return a token's claims; returns None if it is invalid or the issuer's keys cannot be fetched."""
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
        """Return whether the audience matches; `client_id` is used only if `aud` is missing."""
        audience = claims.get("aud", claims.get("client_id", []))
        named = [audience] if isinstance(audience, str) else audience
        issuer = str(claims.get("iss", "")).rstrip("/")
        return issuer == self._settings.issuer and bool(set(named) & set(self._settings.audience))

    def _is_timely(self, claims: Mapping[str, Any]) -> bool:
        now = time.time()
        return bool(now < claims.get("exp", 0) and claims.get("nbf", 0) <= now and claims.get("iat", 0) <= now)


def https_fetch(certificate: Path | None) -> Fetch:
    """Return a fetch over TLS; `certificate` is a certificate authority to trust in addition to the system's."""

    def fetch(url: str) -> dict[str, Any]:
        if not url.startswith("https://"):
            raise ValueError(f"{url} is not an https URL")
        context = ssl.create_default_context()
        if certificate:
            context.load_verify_locations(certificate)
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS, context=context) as reply:  # noqa: S310  https only
            found: dict[str, Any] = json.load(reply)
        return found

    return fetch
