"""Decodes claims of a JSON Web Token without verification: only for error messages, never for authorisation. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

JWT_PARTS = 3


def claims_of(token: str) -> dict[str, Any]:
    """The token's claims; empty if it is not a JWT."""
    parts = token.split(".")
    if len(parts) != JWT_PARTS:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def token_problem(token: str, now: float) -> str:
    """Probable reason for which an API rejected the token: its format, its expiry, or its issuer or audience."""
    claims = claims_of(token)
    if not claims:
        return "the token is not a JSON Web Token"
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires <= now:
        return f"the token expired {_ago(now - expires)} ago: get a new one"
    named = ", ".join(f"{name} {claims[name]}" for name in ("iss", "aud", "client_id") if name in claims)
    return f"the token has not expired; its signature, issuer or audience is not what this API trusts ({named})"


def _ago(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {int(seconds % 60)} s"
