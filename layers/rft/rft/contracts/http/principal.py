"""The identity of a caller, as AWS verified it; free text of callers is never part of it."""

from __future__ import annotations

import re
from typing import Literal

from rft.contracts.base import Contract, TextLine

_SESSION = re.compile(r"^(arn:[^:]+:sts::\d+:(?:assumed-role/[^/]+|federated-user))/.*$")
"""The caller chooses the session's name (IAM User Guide, "Principals")."""


class Principal(Contract):
    """`iam`: an ARN. `jwt`: a subject at `issuer`. `account`: S3 names an uploader's account. `unknown`: unverified."""

    type: Literal["iam", "jwt", "account", "unknown"]
    id: TextLine
    issuer: TextLine | None = None

    @property
    def identity(self) -> str:
        """One line that a principal cannot change: sessions of one role have the same."""
        without_session = _SESSION.sub(r"\1", self.id)
        return f"{self.type} {self.issuer or '-'} {without_session}"

    def own_key(self, key: str) -> str:
        """An idempotency key as this caller's own: two callers that choose the same key start two runs."""
        return f"{self.identity}\n{key}"

    def is_another(self, other: Principal) -> bool:
        """True only where both are verified in the same way and differ; accounts do not identify persons."""
        return self.type == other.type in ("iam", "jwt") and self.identity != other.identity


UNKNOWN = Principal(type="unknown", id="unknown")
