"""Run ids: `<name>-<yyyymmddthhmmss>-<8 hex>`, or derived from an idempotency key. Pure.

The id also serves as execution name, Bedrock job name, custom model name and clientRequestToken, so that a retry at any
layer finds the same run. The strictest of these (ModelName: 63 characters, single separators) defines the alphabet.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

HEX_DIGITS = 8


def new_run_id(name: str, at: datetime, nonce: str | None = None) -> str:
    """An id without an idempotency key: timestamp and 32 random bits. `nonce` replaces the random part in tests."""
    return f"{name}-{at:%Y%m%dt%H%M%S}-{nonce or secrets.token_hex(HEX_DIGITS // 2)}"


def keyed_run_id(name: str, key: str) -> str:
    """The deterministic id of an idempotency key: 24 hex digits instead of timestamp and random part."""
    digest = hashlib.sha256(f"{name}\n{key}".encode()).hexdigest()
    return f"{name}-{digest[:15]}-{digest[15 : 15 + HEX_DIGITS]}"
