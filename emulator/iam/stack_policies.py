"""Policies of a deployed stack: identity and trust policies of roles, and resource policies."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.iam import managed
from emulator.iam.documents import Statement, statements

Resolve = Callable[[Any], Any]
"""Resolves the intrinsic functions in part of a template; AWS::NoValue becomes None."""

Resources = Mapping[str, Mapping[str, Any]]
"""Logical id → resource of a translated template."""


GIVEN_KEY = "GivenKey"
"""Source of statements in the policy of a key that is not part of the stack."""


@dataclass(frozen=True)
class RolePolicies:
    """Policies of a role. A statement's `source` is `<logical id>/<policy>[<index>]`, as in the template."""

    logical_id: str
    identity: tuple[Statement, ...]
    boundary: tuple[Statement, ...] | None


class StackPolicies:
    """Roles by ARN, and resource policies by the resource's ARN; a trust policy is a role's resource policy."""

    def __init__(self, *, account: str, region: str) -> None:
        self._account, self._region = account, region
        self.roles: dict[str, RolePolicies] = {}
        self._resources: dict[str, tuple[Statement, ...]] = {}

    def of_resource(self, arn: str) -> tuple[Statement, ...]:
        """Return the resource's policy; for an object, that of its bucket."""
        bucket, is_object, _ = arn.partition("/")
        return self._resources.get(bucket if is_object and arn.startswith("arn:aws:s3:::") else arn, ())

    def resource_statements(self) -> Iterable[Statement]:
        """All statements of resource policies, including trust policies."""
        return (statement for policy in self._resources.values() for statement in policy)

    def add_key(self, arn: str, policy: Mapping[str, Any]) -> None:
        """Add the policy of a KMS key that is not part of the stack."""
        self._resources[arn] = statements(policy, GIVEN_KEY)

    def grant(self, function_arn: str, permission: Mapping[str, Any]) -> None:
        """Add the statement of an AddPermission request to a function's policy."""
        added = statements(_permission(permission, function_arn, lambda value: value), "AddPermission")
        self._resources[function_arn] = (*self.of_resource(function_arn), *added)

    def keep_roles(self, arns: Container[str]) -> None:
        """Forget the policies of all other roles, which were deleted."""
        for arn in [arn for arn in self.roles if arn not in arns]:
            del self.roles[arn]
            self._resources.pop(arn, None)

    def add(self, resources: Resources, physical_ids: Mapping[str, str], resolve: Resolve) -> None:
        """Read the policies of a deployed stack; they replace those of an earlier deployment."""
        boundaries = {
            resolve({"Ref": name}): _document(name, resource["Properties"]["PolicyDocument"], resolve)
            for name, resource in _of_type(resources, "AWS::IAM::ManagedPolicy")
            if name in physical_ids
        }
        for name, resource in _of_type(resources, "AWS::IAM::Role"):
            if name in physical_ids:
                self._add_role(name, resource["Properties"], boundaries, resolve)
        for name, resource in _of_type(resources, "AWS::IAM::Policy"):
            if name in physical_ids:
                self._attach(name, resource["Properties"], resolve)
        self._add_resource_policies(resources, resolve)

    def _add_role(
        self, name: str, properties: Mapping[str, Any], known: Mapping[str, tuple[Statement, ...]], resolve: Resolve
    ) -> None:
        arn = resolve({"Fn::GetAtt": [name, "Arn"]})
        inline = [
            _document(f"{name}/{p['PolicyName']}", p["PolicyDocument"], resolve) for p in properties.get("Policies", [])
        ]
        attached = [_attached(resolve(each), known) for each in properties.get("ManagedPolicyArns", [])]
        boundary = resolve(properties.get("PermissionsBoundary"))
        self.roles[arn] = RolePolicies(
            logical_id=name,
            identity=tuple(statement for policy in (*inline, *attached) for statement in policy),
            boundary=None if boundary is None else _attached(boundary, known),
        )
        self._resources[arn] = _document(f"{name}/Trust", properties["AssumeRolePolicyDocument"], resolve)

    def _attach(self, logical_id: str, properties: Mapping[str, Any], resolve: Resolve) -> None:
        """Add a policy resource to the roles that it lists."""
        source = f"{logical_id}/{properties['PolicyName']}"
        added = _document(source, properties["PolicyDocument"], resolve)
        names = {resolve(role) for role in properties["Roles"]}
        for arn, role in self.roles.items():
            if arn.rpartition("/")[2] in names:
                self.roles[arn] = RolePolicies(role.logical_id, (*role.identity, *added), role.boundary)

    def _add_resource_policies(self, resources: Resources, resolve: Resolve) -> None:
        found: dict[str, tuple[Statement, ...]] = {}
        for name, resource in _of_type(resources, "AWS::Lambda::Permission"):
            properties = resource["Properties"]
            arn = self._function_arn(properties["FunctionName"], resolve)
            found[arn] = (*found.get(arn, ()), *statements(_permission(properties, arn, resolve), name))
        for kind, element, arn_of in (
            ("AWS::S3::BucketPolicy", "Bucket", lambda bucket: f"arn:aws:s3:::{bucket}"),
            ("AWS::SQS::QueuePolicy", "Queues", self._queue_arn),
            ("AWS::SNS::TopicPolicy", "Topics", str),
        ):
            for name, resource in _of_type(resources, kind):
                policy = _document(name, resource["Properties"]["PolicyDocument"], resolve)
                for target in _listed(resolve(resource["Properties"][element])):
                    found[arn_of(target)] = policy
        for name, resource in _of_type(resources, "AWS::KMS::Key"):
            arn = f"arn:aws:kms:{self._region}:{self._account}:key/{resolve({'Ref': name})}"
            found[arn] = _document(name, resource["Properties"]["KeyPolicy"], resolve)
        self._resources |= found

    def _function_arn(self, name: Any, resolve: Resolve) -> str:
        """Return the function's ARN; a permission refers to it by name, ARN or alias ARN."""
        text: str = resolve(name)
        if text.startswith("arn:"):
            return text
        return f"arn:aws:lambda:{self._region}:{self._account}:function:{text}"

    def _queue_arn(self, url: str) -> str:
        """Convert a queue URL `http://host/<account>/<name>` to the queue's ARN."""
        return f"arn:aws:sqs:{self._region}:{self._account}:{url.rpartition('/')[2]}"


def _of_type(resources: Resources, kind: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    return ((name, resource) for name, resource in resources.items() if resource["Type"] == kind)


def _document(source: str, document: Mapping[str, Any], resolve: Resolve) -> tuple[Statement, ...]:
    """Parse a document's statements; indexes are those in the template, even if conditions remove statements."""
    read: list[Statement] = []
    for at, body in enumerate(_listed(document["Statement"])):
        if resolved := resolve(body):
            read += [_at(statement, f"{source}[{at}]") for statement in statements({"Statement": [resolved]})]
    return tuple(read)


def _at(statement: Statement, source: str) -> Statement:
    return Statement(**{**vars(statement), "source": source})


def _attached(arn: str, known: Mapping[str, tuple[Statement, ...]]) -> tuple[Statement, ...]:
    return known[arn] if arn in known else statements(managed.document(arn), arn.rpartition("/")[2])


def _permission(properties: Mapping[str, Any], arn: str, resolve: Resolve) -> dict[str, Any]:
    """Return the statement that Lambda's AddPermission creates."""
    conditions = {
        "ArnLike": {"aws:SourceArn": resolve(properties.get("SourceArn"))},
        "StringEquals": {"aws:SourceAccount": resolve(properties.get("SourceAccount"))},
    }
    named = {operator: keys for operator, keys in conditions.items() if None not in keys.values()}
    principal = {"Service": resolve(properties["Principal"])}
    body = {"Effect": "Allow", "Principal": principal, "Action": properties["Action"], "Resource": arn}
    return {"Statement": [{**body, "Condition": named}]}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
