"""Principals that make requests. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.iam.patterns import matches


@dataclass(frozen=True)
class Principal:
    """A role session, a user, or an AWS service such as `events.amazonaws.com`.

    `role` is the role's ARN for a session, else ''.
    """

    arn: str
    account: str
    role: str = ""
    service: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def is_named(self, kind: str, name: str) -> bool:
        """Return whether `Principal: {kind: name}` matches this principal, its role or its account."""
        if kind == "*":
            return True
        if kind == "Service":
            return bool(self.service) and name == self.service
        if kind != "AWS" or self.service:
            return False
        return name in ("*", self.account, f"arn:aws:iam::{self.account}:root", self.arn, self.role)

    def context(self) -> dict[str, str]:
        """Return the condition keys of the principal (IAM User Guide, "AWS global condition context keys")."""
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
    """Return a role session with ARN `arn:aws:sts::<account>:assumed-role/<role>/<name>`."""
    account, role = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    return Principal(f"arn:aws:sts::{account}:assumed-role/{role}/{name}", account, role=role_arn)


def user(account: str, name: str) -> Principal:
    return Principal(f"arn:aws:iam::{account}:user/{name}", account)


def service(name: str, account: str) -> Principal:
    """Return an AWS service principal; `account` is the account that it acts for."""
    return Principal(name, account, service=name)


def is_arn(text: str) -> bool:
    return matches("arn:*:*:*:*:*", text)
