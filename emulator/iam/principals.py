"""Who makes a request. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.iam.patterns import matches


@dataclass(frozen=True)
class Principal:
    """A session of a role, a user, or an AWS service such as `events.amazonaws.com`.

    `role` is the ARN of the role behind a session, else ''.
    """

    arn: str
    account: str
    role: str = ""
    service: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def is_named(self, kind: str, name: str) -> bool:
        """True where an element `Principal: {kind: name}` names this principal or what it belongs to."""
        if kind == "*":
            return True
        if kind == "Service":
            return bool(self.service) and name == self.service
        if kind != "AWS" or self.service:
            return False
        return name in ("*", self.account, f"arn:aws:iam::{self.account}:root", self.arn, self.role)

    def context(self) -> dict[str, str]:
        """The keys that say who calls (IAM User Guide, "AWS global condition context keys")."""
        if self.service:
            return {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": self.service}
        return {
            "aws:PrincipalArn": self.role or self.arn,
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalIsAWSService": "false",
            "aws:PrincipalType": "AssumedRole" if self.role else "User",
            **{f"aws:PrincipalTag/{name}": value for name, value in self.tags.items()},
        }


def session(role_arn: str, name: str) -> Principal:
    """A session of a role: `arn:aws:sts::<account>:assumed-role/<role>/<name>`."""
    account, role = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    return Principal(f"arn:aws:sts::{account}:assumed-role/{role}/{name}", account, role=role_arn)


def user(account: str, name: str) -> Principal:
    return Principal(f"arn:aws:iam::{account}:user/{name}", account)


def service(name: str, account: str) -> Principal:
    """An AWS service that acts on its own; its account is the one it acts for."""
    return Principal(name, account, service=name)


def is_arn(text: str) -> bool:
    return matches("arn:*:*:*:*:*", text)
