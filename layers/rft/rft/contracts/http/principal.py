"""A caller's identity as verified by AWS, never taken from the request's own fields."""

from __future__ import annotations

import re
from typing import Literal

from rft.contracts.base import Contract, TextLine

_SESSION = re.compile(r"^(arn:[^:]+:sts::\d+:(?:assumed-role/[^/]+|federated-user))/.*$")
"""Session ARNs without their session name, which the caller chooses (IAM User Guide, "Principals")."""


class Principal(Contract):
    """The verified caller.

    `iam`: an ARN. `jwt`: a subject and its `issuer`. `account`: the account id of an S3 uploader. `unknown`:
    unverified.
    """

    type: Literal["iam", "jwt", "account", "unknown"]
    id: TextLine
    issuer: TextLine | None = None

    @property
    def identity(self) -> str:
        """A stable identifier of the principal, on one line; all sessions of a role share it."""
        without_session = _SESSION.sub(r"\1", self.id)
        return f"{self.type} {self.issuer or '-'} {without_session}"

    def own_key(self, key: str) -> str:
        """Scopes an idempotency key to this caller, so the same key of two callers starts two runs."""
        return f"{self.identity}\n{key}"

    def is_another(self, other: Principal) -> bool:
        """True only if both are verified by the same method and differ; an account does not identify a person."""
        return self.type == other.type in ("iam", "jwt") and self.identity != other.identity


UNKNOWN = Principal(type="unknown", id="unknown")
