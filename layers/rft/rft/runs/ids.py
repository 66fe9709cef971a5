"""Run ids: `<name>-<yyyymmddthhmmss>-<8 hex>`, or with the time replaced where a key makes the run unique. Pure.

One id serves as execution name, Bedrock job name, custom model name and clientRequestToken, so that a retry at any
layer finds the same run. The strictest of these (ModelName, 63 characters, single separators) sets the alphabet.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

HEX_DIGITS = 8


def new_run_id(name: str, at: datetime, nonce: str | None = None) -> str:
    """An id for a run without a key: unique by time and 32 random bits. `nonce` replaces the random part in tests."""
    return f"{name}-{at:%Y%m%dt%H%M%S}-{nonce or secrets.token_hex(HEX_DIGITS // 2)}"


def keyed_run_id(name: str, key: str) -> str:
    """The id that an idempotency key always gives: 24 hex digits instead of time and random part."""
    digest = hashlib.sha256(f"{name}\n{key}".encode()).hexdigest()
    return f"{name}-{digest[:15]}-{digest[15 : 15 + HEX_DIGITS]}"
