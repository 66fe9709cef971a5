"""Access keys of role sessions, and whose they are."""

from __future__ import annotations

import secrets
import threading

from botocore.credentials import Credentials

from emulator.iam.principals import Principal, session


class Keyring:
    """Temporary credentials, one set for each role and session name."""

    def __init__(self) -> None:
        self._credentials: dict[tuple[str, str], Credentials] = {}
        self._principals: dict[str, Principal] = {}
        self._lock = threading.Lock()

    def add(self, access_key: str, principal: Principal) -> None:
        """Know a long-term key."""
        with self._lock:
            self._principals[access_key] = principal

    def session(self, role_arn: str, name: str) -> Credentials:
        """Credentials as sts:AssumeRole gives them; the same ones each time."""
        with self._lock:
            if (role_arn, name) not in self._credentials:
                made = Credentials(
                    f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(60)
                )
                self._credentials[role_arn, name] = made
                self._principals[made.access_key] = session(role_arn, name)
            return self._credentials[role_arn, name]

    def principal(self, access_key: str) -> Principal | None:
        """Whose key it is; None for a key that is not known."""
        return self._principals.get(access_key)
