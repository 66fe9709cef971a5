"""Access keys and their owners: the administrator, IAM users and role sessions."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from botocore.credentials import Credentials

from emulator.iam.documents import Statement, statements
from emulator.iam.managed import document
from emulator.iam.principals import Principal, session, user

ADMINISTRATOR = "emulated"
"""Name of the user that owns the emulator's credentials."""


class Users(Protocol):
    def key_of_user(self, access_key: str) -> tuple[str, Credentials] | None:
        """Return the ARN and credentials of the user with this access key, else None."""
        ...

    def documents_of_user(self, arn: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield (name, policy document) for a user's policies."""
        ...


class Keyring:
    """All access keys of one account. `credentials` are those of the administrator."""

    def __init__(self, users: Users, credentials: Credentials, *, account: str) -> None:
        self._users = users
        self._account = account
        self._administrator = user(account, ADMINISTRATOR)
        self._sessions: dict[tuple[str, str], Credentials] = {}
        self._known: dict[str, tuple[Principal, Credentials]] = {
            credentials.access_key: (self._administrator, credentials)
        }
        self._lock = threading.Lock()

    @property
    def administrator(self) -> Principal:
        return self._administrator

    def session(self, role_arn: str, name: str) -> Credentials:
        """Return credentials as from sts:AssumeRole; cached by role and session name."""
        with self._lock:
            if (role_arn, name) not in self._sessions:
                made = Credentials(
                    f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(60)
                )
                self._sessions[role_arn, name] = made
                self._known[made.access_key] = session(role_arn, name), made
            return self._sessions[role_arn, name]

    def find(self, access_key: str) -> tuple[Principal, Credentials] | None:
        """Return an access key's owner and credentials; returns None for an unknown key."""
        if access_key in self._known:
            return self._known[access_key]
        found = self._users.key_of_user(access_key)
        return (user(self._account, found[0].rpartition("/")[2]), found[1]) if found else None

    def policies_of_user(self, principal: Principal) -> tuple[Statement, ...]:
        """Return the statements of a user's current policies; the administrator may do everything."""
        if principal == self._administrator:
            return statements(document("arn:aws:iam::aws:policy/AdministratorAccess"), ADMINISTRATOR)
        policies = self._users.documents_of_user(principal.arn)
        return tuple(statement for name, found in policies for statement in statements(found, name))
