from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.iam.context import Context
from emulator.iam.denials import denied
from emulator.iam.documents import PolicyInvalid, Statement, statements
from emulator.iam.evaluation import AccessRequest, Decision, PolicyKind, PolicySet, evaluate
from emulator.iam.patterns import arn_matches, matches
from emulator.iam.principals import Principal, service, session, user

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/rft-ApiRole"
CALLER = session(ROLE, "rft-Api")
OBJECT = "arn:aws:s3:::data/runs/a/report.json"


def read(*given: dict[str, Any]) -> tuple[Statement, ...]:
    return statements({"Version": "2012-10-17", "Statement": list(given)})


def allow(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::data/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def decide(
    policies: PolicySet,
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    principal: Principal = CALLER,
    **keys: str | tuple[str, ...],
) -> Decision:
    context = Context.of({name.replace("__", ":").replace("_", "/"): value for name, value in keys.items()})
    return evaluate(AccessRequest(principal, action, resource, context), policies)


def allowed(condition: dict[str, Any], context: dict[str, str | tuple[str, ...]]) -> bool:
    request = AccessRequest(CALLER, "s3:GetObject", OBJECT, Context.of(context))
    return evaluate(request, PolicySet(identity=read(allow(Condition=condition)))).allowed


# ---- effects ------------------------------------------------------------------------------------------------------


def test_a_request_that_no_policy_names_is_denied() -> None:
    assert decide(PolicySet()) == Decision(allowed=False, kind=PolicyKind.IDENTITY)


def test_an_identity_policy_allows_its_action_on_its_resource_only() -> None:
    policies = PolicySet(identity=read(allow(["s3:Get*", "s3:PutObject"])))
    assert decide(policies).allowed
    assert decide(policies, "S3:getobject").allowed
    assert not decide(policies, "s3:DeleteObject").allowed
    assert not decide(policies, resource="arn:aws:s3:::other/x").allowed


def test_an_explicit_deny_in_any_policy_wins() -> None:
    for kind in ("identity", "boundary", "resource"):
        others = {"identity": read(allow("*", "*")), "boundary": read(allow("*", "*"))}
        policies = PolicySet(**{**others, kind: read(allow("*", "*"), deny())})
        assert (decision := decide(policies)).explicit
        assert not decision.allowed
        assert decision.kind is PolicyKind[kind.upper()]


def test_a_boundary_limits_what_identity_policies_allow() -> None:
    boundary = read({"Effect": "Allow", "NotAction": "logs:CreateLogGroup", "Resource": "*"})
    policies = PolicySet(identity=read(allow("*", "*")), boundary=boundary)
    assert decide(policies).allowed
    assert decide(policies, "logs:CreateLogGroup", "arn:aws:logs:us-east-1:1:log-group:x") == Decision(
        allowed=False, kind=PolicyKind.BOUNDARY
    )


def test_a_resource_policy_suffices_within_the_account() -> None:
    for named, is_limited in ((ROLE, True), (CALLER.arn, False), (ACCOUNT, True)):
        resource = read(allow(Principal={"AWS": named}))
        assert decide(PolicySet(resource=resource)).allowed
        assert decide(PolicySet(resource=resource, boundary=())).allowed is not is_limited


def test_a_service_needs_a_resource_policy_that_names_it_and_its_source() -> None:
    rule = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r"
    trust = allow(
        "lambda:InvokeFunction", "*", Principal={"Service": "events.amazonaws.com"},
        Condition={"ArnLike": {"aws:SourceArn": rule}},
    )  # fmt: skip
    policies = PolicySet(resource=read(trust), identity=read(allow("*", "*")))
    events, other = service("events.amazonaws.com", ACCOUNT), service("sns.amazonaws.com", ACCOUNT)
    about = {"action": "lambda:InvokeFunction", "resource": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"}
    assert decide(policies, principal=events, aws__SourceArn=rule, **about).allowed
    assert not decide(policies, principal=events, **about).allowed
    assert not decide(policies, principal=other, aws__SourceArn=rule, **about).allowed


def test_not_resource_and_not_principal_mean_all_others() -> None:
    others = read({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::data/secret/*"})
    assert decide(PolicySet(identity=others)).allowed
    assert not decide(PolicySet(identity=others), resource="arn:aws:s3:::data/secret/x").allowed
    closed = read({**deny(), "NotPrincipal": {"AWS": [ROLE, CALLER.arn]}})
    assert decide(PolicySet(identity=read(allow()), resource=closed)).allowed
    assert not decide(PolicySet(identity=read(allow()), resource=closed), principal=user(ACCOUNT, "ann")).allowed


# ---- conditions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"s3:prefix": ["a", "b"]}}, {"S3:Prefix": "b"}, True),
        ({"StringEquals": {"s3:prefix": "a"}}, {}, False),
        ({"StringEqualsIfExists": {"s3:prefix": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"s3:prefix": "a"}}, {"s3:prefix": "b"}, False),
        ({"StringNotEquals": {"s3:prefix": "a"}}, {}, True),
        ({"StringNotEquals": {"s3:prefix": ["a", "b"]}}, {"s3:prefix": "b"}, False),
        ({"StringLike": {"s3:prefix": "runs/*/rollouts/"}}, {"s3:prefix": "runs/x/y/rollouts/"}, True),
        ({"StringLike": {"s3:prefix": "runs/?"}}, {"s3:prefix": "runs/ab"}, False),
        ({"StringEqualsIgnoreCase": {"a:b": "X"}}, {"a:b": "x"}, True),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "false"}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": "false"}, False),
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "9.5"}, True),
        ({"NumericGreaterThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "ten"}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-02T00:00:00Z"}}, {"aws:CurrentTime": "2026-01-01"}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "10.1.2.3"}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "10.1.2.3"}, False),
        ({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, {"aws:SourceIp": "2001:db8::1"}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:1:x-*"}}, {"aws:SourceArn": "arn:aws:sns:eu:1:x-y"}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:1:x"}}, {"aws:SourceArn": "arn:aws:sns:eu:2:x"}, False),
        ({"Null": {"aws:TokenIssueTime": "true"}}, {}, True),
        ({"Null": {"aws:TokenIssueTime": "false"}}, {}, False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": ("x", "b")}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}, {}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": ("a", "c")}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}, {}, True),
        ({"StringEquals": {"a:b": "x", "a:c": "y"}}, {"a:b": "x", "a:c": "z"}, False),
        ({"StringEquals": {"a:b": "x"}, "Bool": {"a:c": "true"}}, {"a:b": "x", "a:c": "true"}, True),
        ({"StringLike": {"a:b": "${aws:PrincipalAccount}/*"}}, {"a:b": f"{ACCOUNT}/x"}, True),
        ({"StringEquals": {"a:b": "${aws:PrincipalTag/team, 'none'}"}}, {"a:b": "none"}, True),
        ({"StringLike": {"a:b": "a${*}b"}}, {"a:b": "a*b"}, True),
        ({"StringLike": {"a:b": "a${*}b"}}, {"a:b": "axb"}, False),
    ],
)
def test_a_condition_holds_as_iam_documents_it(condition: Any, context: Any, holds: bool) -> None:
    assert allowed(condition, context) is holds


def test_a_tag_variable_in_a_resource_is_matched_literally() -> None:
    tagged = Principal(CALLER.arn, ACCOUNT, role=ROLE, tags={"team": "a*"})
    policies = PolicySet(identity=read(allow(resource="arn:aws:s3:::data/${aws:PrincipalTag/team}/*")))
    assert decide(policies, resource="arn:aws:s3:::data/a*/x", principal=tagged).allowed
    assert not decide(policies, resource="arn:aws:s3:::data/ab/x", principal=tagged).allowed
    assert not decide(policies, resource="arn:aws:s3:::data/a/x").allowed


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringSame": {"a:b": "c"}}},
    ],
)
def test_an_invalid_statement_is_refused(statement: dict[str, Any]) -> None:
    with pytest.raises(PolicyInvalid):
        read(statement)


# ---- messages -----------------------------------------------------------------------------------------------------


def test_a_denial_is_worded_as_aws_words_it() -> None:
    request = AccessRequest(CALLER, "s3:GetObject", OBJECT)
    error = denied("s3", request, Decision(allowed=False))
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/rft-ApiRole/rft-Api is not authorized to perform: s3:GetObject on "
        f'resource: "{OBJECT}" because no identity-based policy allows the s3:GetObject action'
    )
    explicit = denied(
        "dynamodb", AccessRequest(CALLER, "dynamodb:Query", "arn"), Decision(allowed=False, explicit=True)
    )
    assert (explicit.code, explicit.status) == ("AccessDeniedException", 400)
    assert explicit.message.endswith(
        "dynamodb:Query on resource: arn with an explicit deny in an identity-based policy"
    )


# ---- properties ---------------------------------------------------------------------------------------------------

TEXT = st.text("ab/:*?", max_size=8)
ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*", "*", "sqs:SendMessage"])
RESOURCES = st.sampled_from([OBJECT, "arn:aws:s3:::data/*", "arn:aws:s3:::data", "*", "arn:aws:sqs:us-east-1:1:q"])
CONDITIONS = st.sampled_from([{}, {"Bool": {"aws:SecureTransport": "true"}}, {"Null": {"s3:prefix": "true"}}])
STATEMENTS = st.lists(
    st.builds(
        lambda effect, action, resource, condition: {
            "Effect": effect, "Action": action, "Resource": resource, "Condition": condition,
        },
        st.sampled_from(["Allow", "Allow", "Deny"]), ACTIONS, RESOURCES, CONDITIONS,
    ),
    max_size=4,
)  # fmt: skip


@given(pattern=TEXT, value=st.text("ab/:", max_size=8))
def test_wildcards_match_by_their_definition(pattern: str, value: str) -> None:
    def fits(glob: str, found: str) -> bool:
        if not glob:
            return not found
        if glob[0] == "*":
            return any(fits(glob[1:], found[at:]) for at in range(len(found) + 1))
        return bool(found) and glob[0] in ("?", found[0]) and fits(glob[1:], found[1:])

    assert matches(pattern, value) is fits(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "arn", "fits"),
    [
        ("arn:aws:s3:::data/*", "arn:aws:s3:::data/a:b/c", True),
        ("arn:aws:states:*:1:execution:m-*", "arn:aws:states:eu:1:execution:m-a:run", True),
        ("arn:aws:states:*:execution:m", "arn:aws:states:eu:1:execution:m", False),
        ("arn:aws:lambda:us-east-1:1:function:f", "arn:aws:lambda:us-east-1:1:function:f:live", False),
        ("arn:aws:lambda:*", "arn:aws:lambda:us-east-1:1:function:f", True),
    ],
)
def test_a_wildcard_stays_within_its_part_of_an_arn(pattern: str, arn: str, fits: bool) -> None:
    assert arn_matches(pattern, arn) is fits


@given(identity=STATEMENTS, boundary=st.none() | STATEMENTS, secure=st.booleans(), more=STATEMENTS)
def test_adding_denials_or_a_boundary_never_allows_more(
    identity: list[Any], boundary: list[Any] | None, secure: bool, more: list[Any]
) -> None:
    denials = [{**each, "Effect": "Deny"} for each in more]
    limit = None if boundary is None else read(*boundary)
    keys: dict[str, Any] = {"aws__SecureTransport": str(secure).lower()}
    free = decide(PolicySet(identity=read(*identity)), **keys).allowed
    assert decide(PolicySet(identity=read(*identity), boundary=limit), **keys).allowed <= free
    assert decide(PolicySet(identity=read(*identity, *denials)), **keys).allowed <= free
    assert decide(PolicySet(identity=read(*identity, *denials, allow("*", "*"))), **keys).allowed >= (
        free and not denials
    )
