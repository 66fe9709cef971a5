"""Parsed policy documents. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.iam.conditions import check_operator, holds
from emulator.iam.context import Context
from emulator.iam.patterns import arn_matches, matches, substituted
from emulator.iam.principals import Principal

ELEMENTS = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"}
)


class PolicyInvalid(ValueError):
    """The policy is malformed; IAM would reject it."""


@dataclass(frozen=True)
class Statement:
    """One statement. With a `not_` flag, it applies to all actions or resources except those listed.

    `principals` is None in identity policies: type (`AWS`, `Service`, `*`) → names.
    """

    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_actions: bool = False
    not_resources: bool = False
    principals: Mapping[str, tuple[str, ...]] | None = None
    not_principals: bool = False
    conditions: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    source: str = ""
    """Origin of the statement, for messages and records."""

    def is_about(self, principal: Principal, action: str, resource: str, context: Context) -> bool:
        return (
            self._names_action(action)
            and self._names_resource(resource, context)
            and self._names_principal(principal)
            and holds(self.conditions, context)
        )

    def _names_action(self, action: str) -> bool:
        return any(matches(each, action, ignore_case=True) for each in self.actions) != self.not_actions

    def _names_resource(self, resource: str, context: Context) -> bool:
        patterns = (substituted(each, context.single) for each in self.resources)
        return any(text is not None and arn_matches(text, resource) for text in patterns) != self.not_resources

    def _names_principal(self, principal: Principal) -> bool:
        if self.principals is None:
            return True
        named = any(principal.is_named(kind, name) for kind, names in self.principals.items() for name in names)
        return named != self.not_principals


def statements(document: Mapping[str, Any], source: str = "") -> tuple[Statement, ...]:
    """Parse the statements of a document. Raises PolicyInvalid."""
    listed = document.get("Statement", ())
    found = [listed] if isinstance(listed, Mapping) else listed
    return tuple(_statement(each, f"{source}[{at}]") for at, each in enumerate(found))


def _statement(body: Mapping[str, Any], source: str) -> Statement:
    if unknown := sorted(set(body) - ELEMENTS):
        raise PolicyInvalid(f"{source}: unknown elements {', '.join(unknown)}")
    if body.get("Effect") not in ("Allow", "Deny"):
        raise PolicyInvalid(f"{source}: Effect must be Allow or Deny")
    if ("Action" in body) == ("NotAction" in body):
        raise PolicyInvalid(f"{source}: exactly one of Action and NotAction is required")
    principal = body.get("Principal", body.get("NotPrincipal"))
    return Statement(
        allow=body["Effect"] == "Allow",
        actions=_texts(body.get("Action", body.get("NotAction"))),
        not_actions="NotAction" in body,
        resources=_texts(body.get("Resource", body.get("NotResource", "*"))),
        not_resources="NotResource" in body,
        principals=None if principal is None else _principals(principal),
        not_principals="NotPrincipal" in body,
        conditions=_conditions(body.get("Condition", {}), source),
        source=source,
    )


def _principals(principal: Any) -> Mapping[str, tuple[str, ...]]:
    if principal == "*":
        return {"*": ("*",)}
    return {kind: _texts(names) for kind, names in principal.items()}


def _conditions(body: Mapping[str, Any], source: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
    for operator in body:
        try:
            check_operator(operator)
        except ValueError as error:
            raise PolicyInvalid(f"{source}: {error}") from error
    return {operator: {key: _texts(values) for key, values in keys.items()} for operator, keys in body.items()}


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)
