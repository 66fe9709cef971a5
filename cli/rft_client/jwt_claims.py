"""What a JSON Web Token says of itself, unverified: for messages to its owner, never for decisions. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

JWT_PARTS = 3


def claims_of(token: str) -> dict[str, Any]:
    """The claims; empty for anything that is no JWT."""
    parts = token.split(".")
    if len(parts) != JWT_PARTS:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def token_problem(token: str, now: float) -> str:
    """Why an API that trusts another issuer, or another time, refuses the token."""
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
