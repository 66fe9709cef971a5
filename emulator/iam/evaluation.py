"""Evaluates whether a request is allowed, and which kind of policy denies it. Pure.

IAM User Guide, "Policy evaluation logic", for requests within one account.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from emulator.iam.context import Context
from emulator.iam.documents import Statement
from emulator.iam.principals import Principal


class PolicyKind(StrEnum):
    """Kinds of policies, as named in AWS's messages."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"


@dataclass(frozen=True)
class AccessRequest:
    principal: Principal
    action: str
    resource: str
    context: Context = field(default_factory=Context)


@dataclass(frozen=True)
class PolicySet:
    """Policies that a request is evaluated against; `boundary` is None if there is no permissions boundary."""

    identity: Sequence[Statement] = ()
    boundary: Sequence[Statement] | None = None
    resource: Sequence[Statement] = ()


@dataclass(frozen=True)
class Decision:
    """Result of an evaluation; for a denial, `kind` and `explicit` give its cause."""

    allowed: bool
    kind: PolicyKind = PolicyKind.IDENTITY
    explicit: bool = False


def evaluate(request: AccessRequest, policies: PolicySet) -> Decision:
    """Evaluate a request: an explicit deny wins; otherwise one allow is enough, within the boundary."""
    by_kind: dict[PolicyKind, Sequence[Statement]] = {
        PolicyKind.IDENTITY: policies.identity,
        PolicyKind.RESOURCE: policies.resource,
        PolicyKind.BOUNDARY: policies.boundary or (),
    }
    context = Context.of(request.principal.context()).joined(request.context)
    effects = {kind: _effect(request, context, found) for kind, found in by_kind.items()}
    for kind, effect in effects.items():
        if effect is False:
            return Decision(allowed=False, kind=kind, explicit=True)
    if request.principal.service:
        return Decision(allowed=bool(effects[PolicyKind.RESOURCE]), kind=PolicyKind.RESOURCE)
    if request.action.startswith("kms:") and policies.resource:
        return _granted_on_key(request, context, policies, effects)
    return _granted(request.principal, policies, effects)


def _granted(principal: Principal, policies: PolicySet, effects: dict[PolicyKind, bool | None]) -> Decision:
    if effects[PolicyKind.RESOURCE] and _names_session(principal, policies.resource):
        return Decision(allowed=True)
    if not effects[PolicyKind.IDENTITY] and not effects[PolicyKind.RESOURCE]:
        return Decision(allowed=False, kind=PolicyKind.IDENTITY)
    if policies.boundary is not None and not effects[PolicyKind.BOUNDARY]:
        return Decision(allowed=False, kind=PolicyKind.BOUNDARY)
    return Decision(allowed=True)


def _granted_on_key(
    request: AccessRequest, context: Context, policies: PolicySet, effects: dict[PolicyKind, bool | None]
) -> Decision:
    """Evaluate a request on a KMS key (AWS KMS Developer Guide, "Key policies").

    The key policy decides alone, unless a statement for the account delegates to IAM policies; such a statement
    itself grants no access.
    """
    named = [statement for statement in policies.resource if not leaves_to_iam(statement)]
    if _effect(request, context, named):
        return Decision(allowed=True)
    if not effects[PolicyKind.RESOURCE]:
        return Decision(allowed=False, kind=PolicyKind.RESOURCE)
    return _granted(request.principal, replace(policies, resource=()), {**effects, PolicyKind.RESOURCE: None})


def leaves_to_iam(statement: Statement) -> bool:
    """Return whether the statement's only principal is the account, which in a key policy delegates to IAM policies."""
    principals = statement.principals or {}
    return set(principals) == {"AWS"} and all(name.isdigit() or name.endswith(":root") for name in principals["AWS"])


def _names_session(principal: Principal, resource: Iterable[Statement]) -> bool:
    """Return whether a resource policy names this session or user, so that the boundary does not apply."""
    return any(
        statement.allow and principal.arn in (statement.principals or {}).get("AWS", ()) for statement in resource
    )


def _effect(request: AccessRequest, context: Context, found: Iterable[Statement]) -> bool | None:
    """Return False for an explicit deny, True for an allow, None if no statement applies."""
    effect: bool | None = None
    for statement in found:
        if effect and statement.allow:
            continue
        if statement.is_about(request.principal, request.action, request.resource, context):
            if not statement.allow:
                return False
            effect = True
    return effect
