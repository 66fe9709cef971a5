"""Finds the permissions in the stack's policies that the recorded calls need. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from emulator.iam.authorizer import Authorizer
from emulator.iam.context import Context
from emulator.iam.documents import Statement
from emulator.iam.evaluation import AccessRequest, leaves_to_iam
from emulator.iam.patterns import matches
from emulator.iam.stack_policies import GIVEN_KEY, RolePolicies


@dataclass(frozen=True, order=True)
class Right:
    """One action of one statement: `<logical id>/<policy>[<index>]`, or the logical id of a function's permission."""

    statement: str
    action: str


def granted(authorizer: Authorizer) -> set[Right]:
    """Return all permissions in the stack's own statements, without AWS managed policies and policies of given keys."""
    found = authorizer.policies.resource_statements()
    of_resources = [each for each in found if not (leaves_to_iam(each) or each.source.startswith(GIVEN_KEY))]
    own = [*_of_roles(authorizer.policies.roles.values()), *of_resources]
    return {Right(s.source, action) for s in own if s.allow and not s.not_actions for action in s.actions}


def needed(authorizer: Authorizer) -> set[Right]:
    """Return the permissions whose removal, each on its own, would deny a call that was allowed."""
    found: set[Right] = set()
    for request, decision in list(authorizer.calls.values()):
        if decision.allowed:
            giving = _narrowest_route(dict(_giving(request, authorizer)))
            found |= set(giving) if len(giving) == 1 else set()
    return found & granted(authorizer)


def without(role: RolePolicies, right: Right) -> RolePolicies:
    return RolePolicies(role.logical_id, tuple(_less(s, right) for s in role.identity), role.boundary)


def _giving(request: AccessRequest, authorizer: Authorizer) -> Iterator[tuple[Right, Statement]]:
    """Yield the permissions that each allow a request, with their statements."""
    policies = authorizer.policies_for(request.principal, request.resource)
    context = Context.of(request.principal.context()).joined(request.context)
    identity = () if request.principal.service else policies.identity
    for statement in (*identity, *policies.resource):
        if leaves_to_iam(statement):
            continue
        if statement.allow and statement.is_about(request.principal, request.action, request.resource, context):
            for action in statement.actions:
                if matches(action, request.action, ignore_case=True):
                    yield Right(statement.source, action), statement


def _narrowest_route(giving: Mapping[Right, Statement]) -> Mapping[Right, Statement]:
    routes = {right: _route(statement) for right, statement in giving.items()}
    if not all(routes.values()):
        return giving
    # SAM creates a permission per route, and that of `/{proxy+}` covers all routes
    narrowest = max(routes, key=lambda right: len(routes[right]), default=None)
    return {right: statement for right, statement in giving.items() if right == narrowest}


def _route(statement: Statement) -> str:
    """Return the source ARN of a permission for an API route; '' for other statements."""
    sources = statement.conditions.get("ArnLike", {}).get("aws:SourceArn", ())
    return next((source for source in sources if ":execute-api:" in source), "")


def _of_roles(roles: Iterable[RolePolicies]) -> Iterator[Statement]:
    return (statement for role in roles for statement in role.identity if "/" in statement.source)


def _less(statement: Statement, right: Right) -> Statement:
    if statement.source != right.statement:
        return statement
    fields: Mapping[str, object] = {
        **vars(statement),
        "actions": tuple(a for a in statement.actions if a != right.action),
    }
    return Statement(**fields)  # type: ignore[arg-type]
