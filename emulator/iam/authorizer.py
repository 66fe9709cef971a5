"""Evaluates requests against the caller's policies and records the decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from emulator.iam.context import Context
from emulator.iam.denials import denied
from emulator.iam.documents import Statement
from emulator.iam.encryption import uses_of_key
from emulator.iam.evaluation import AccessRequest, Decision, PolicySet, evaluate
from emulator.iam.principals import Principal
from emulator.iam.principals import service as service_principal
from emulator.iam.stack_policies import StackPolicies

Key = tuple[str, str, str, frozenset[tuple[str, tuple[str, ...]]]]
"""Principal ARN, action, resource and context of a request."""

Keys = Mapping[str, str | tuple[str, ...] | None]


@dataclass(frozen=True)
class Check:
    """One action on one resource that a request requires, with its condition keys."""

    action: str
    resource: str
    keys: Keys = field(default_factory=dict)


Identity = Callable[[Principal], tuple[Statement, ...]]
"""Returns the current policies of a user."""


class Authorizer:
    """Evaluates requests against the policies of the stack and of users.

    `calls` contains each distinct request once, with its latest decision.
    """

    def __init__(self, *, account: str, region: str, of_user: Identity) -> None:
        self.calls: dict[Key, tuple[AccessRequest, Decision]] = {}
        self.policies = StackPolicies(account=account, region=region)
        self.keys: dict[str, str] = {}
        """ARN of an encrypted resource → ARN of its KMS key."""
        self._account, self._region = account, region
        self._of_user = of_user
        self._shared: Keys = {"aws:SecureTransport": "true", "aws:RequestedRegion": region}
        self._decided: dict[Key, tuple[AccessRequest, Decision]] = {}

    def forget(self) -> None:
        """Clear the cache of decisions, because policies have changed."""
        self._decided = {}

    def require(self, service: str, principal: Principal, checks: Iterable[Check]) -> None:
        """Raise AwsError, in the format of `service`, for the first check that is denied."""
        for check in checks:
            for each in (check, *self._on_key(check)):
                request, decision = self._decide(principal, each)
                if not decision.allowed:
                    raise denied(service, request, decision)

    def allows(self, principal: Principal, check: Check) -> bool:
        return self._decide(principal, check)[1].allowed

    def allows_service(self, name: str, check: Check, *, source: str) -> bool:
        """Return whether a resource policy allows an AWS service the action on behalf of the resource ARN `source`."""
        facts = {"aws:SourceArn": source, "aws:SourceAccount": self._account}
        principal = service_principal(name, self._account)
        return all(
            self.allows(principal, Check(each.action, each.resource, {**each.keys, **facts}))
            for each in (check, *self._on_key(check))
        )

    def may_assume(self, role_arn: str, name: str, *, source: str) -> bool:
        """Return whether a role's trust policy lets an AWS service assume it on behalf of the resource ARN `source`."""
        return self.allows_service(name, Check("sts:AssumeRole", role_arn), source=source)

    def _on_key(self, check: Check) -> Iterator[Check]:
        """Yield the checks on the KMS key of an encrypted resource, which apply to the same principal."""
        via = {"kms:ViaService": f"{check.action.partition(':')[0]}.{self._region}.amazonaws.com"}
        for action, key in uses_of_key(check.action, check.resource, self.keys):
            yield Check(action, key, via)

    def _decide(self, principal: Principal, check: Check) -> tuple[AccessRequest, Decision]:
        context = Context.of({**self._shared, **check.keys})
        key = (principal.arn, check.action, check.resource, frozenset(context.keys.items()))
        found = self._decided.get(key)
        if found is None:
            request = AccessRequest(principal, check.action, check.resource, context)
            found = request, evaluate(request, self.policies_for(principal, check.resource))
            self._decided[key] = self.calls[key] = found
        return found

    def policies_for(self, principal: Principal, resource: str) -> PolicySet:
        role = self.policies.roles.get(principal.role)
        return PolicySet(
            identity=role.identity if role else self._of_user(principal),
            boundary=role.boundary if role else None,
            resource=self.policies.of_resource(resource),
        )
