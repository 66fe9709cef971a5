"""Tokens from the output of a command, such as `aws cognito-idp …`."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rft_client.errors import RftClientError
from rft_client.jwt_claims import claims_of

COMMAND_SECONDS = 60.0
EARLY_SECONDS = 60.0
"""A token is replaced this long before its expiry, so that no request uses an expired one."""

VARIABLE = "RFT_TOKEN_COMMAND"


@dataclass
class TokenCommand:
    """Returns the token that `command` prints; caches it until shortly before its expiry.

    The command runs without a shell; its stderr is passed through. Raises RftClientError if it prints no token.
    """

    command: str
    now: Callable[[], float] = time.time
    _token: str = field(default="", init=False, repr=False)

    def __call__(self) -> str:
        if not self._token or self._expires() - EARLY_SECONDS <= self.now():
            self._token = self._run()
        return self._token

    def _expires(self) -> float:
        """Expiry of the token; one without expiry is cached for the lifetime of the process."""
        expires: Any = claims_of(self._token).get("exp")
        return float(expires) if isinstance(expires, int | float) else float("inf")

    def _run(self) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command
                shlex.split(self.command), stdout=subprocess.PIPE, text=True, timeout=COMMAND_SECONDS, check=False
            )
        except (OSError, ValueError) as error:
            raise RftClientError(f"{VARIABLE} cannot be run: {error}") from error
        except subprocess.TimeoutExpired as error:
            raise RftClientError(f"{VARIABLE} printed no token within {COMMAND_SECONDS:g} s") from error
        token = done.stdout.strip()
        if done.returncode != 0 or not token:
            raise RftClientError(f"{VARIABLE} printed no token and ended with exit code {done.returncode}")
        if len(token.split()) != 1:
            raise RftClientError(f"{VARIABLE} must print the token and nothing else on stdout")
        return token
