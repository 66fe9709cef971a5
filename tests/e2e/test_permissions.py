"""IAM on the emulated AWS: every caller under its own role, denied in AWS's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from emulator.iam.authorizer import Check
from emulator.iam.principals import session
from emulator.iam.rights import Right, granted, needed, without
from rft_client.api_client import ApiClient
from rft_client.errors import ApiError
from tests.kit.project import FUNCTIONS
from tests.kit.rights import exempt
from tests.kit.stack_harness import NOT_MEASURED, SAMPLE, StackHarness, access_log

pytestmark = pytest.mark.emulator


@contextmanager
def user(bench: StackHarness, name: str, route: str) -> Iterator[Credentials]:
    """An IAM user who may call the API's routes of this form, and nothing else."""
    iam = bench.aws.client("iam")
    iam.create_user(UserName=name)
    resource = f"arn:aws:execute-api:{bench.aws.region}:*:*/*/{route}"
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="call", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="call")
    iam.delete_user(UserName=name)


@pytest.fixture
def reader(bench: StackHarness) -> Iterator[Credentials]:
    with user(bench, "reader", "GET/runs*") as credentials:
        yield credentials


@pytest.fixture
def starter(bench: StackHarness) -> Iterator[Credentials]:
    with user(bench, "starter", "POST/runs*") as credentials:
        yield credentials


def clients(bench: StackHarness, service: str, credentials: Credentials) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=bench.aws.region,
        endpoint_url=bench.aws.endpoint,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
    )


def test_a_read_only_user_lists_runs_but_starts_none(bench: StackHarness, reader: Credentials) -> None:
    client = ApiClient.signed(bench.aws.api_url, bench.aws.region, reader)
    assert "runs" in client.runs({}, limit=1)
    with pytest.raises(ApiError, match="403"):
        client.start_run({"name": "x"})
    with pytest.raises(ApiError, match="403"):
        client.cancel("some-run")


def test_two_users_with_one_idempotency_key_start_two_runs(bench: StackHarness, starter: Credentials) -> None:
    client = ApiClient.signed(bench.aws.api_url, bench.aws.region, starter)
    uri = bench.put("datasets/keys.json", SAMPLE.read_bytes())
    request = {"name": "keys", "dataset": {"task": "pandalm", "uri": uri}, "mode": "preflight", **NOT_MEASURED}
    ours, theirs = (each.start_run(request, key="same")["run_id"] for each in (bench.client, client))
    assert ours != theirs
    assert client.start_run(request, key="same")["run_id"] == theirs
    starters = [bench.client.run(run_id)["requested_by"]["id"] for run_id in (ours, theirs)]
    assert starters == [f"arn:aws:iam::123456789012:user/{name}" for name in ("emulated", "starter")]
    for run_id in (ours, theirs):
        bench.cancel(run_id)


def test_the_access_log_names_the_user_of_each_admitted_request(bench: StackHarness, reader: Credentials) -> None:
    client = ApiClient.signed(bench.aws.api_url, bench.aws.region, reader)
    client.runs({}, limit=1)
    with pytest.raises(ApiError, match="403"):
        client.start_run({"name": "x"})
    admitted, refused = access_log(bench.aws)[-2:]
    user_arn = "arn:aws:iam::123456789012:user/reader"
    assert (admitted["route"], admitted["status"], admitted["caller"]) == ("GET /runs", "200", user_arn)
    assert (refused["route"], refused["status"], refused["error"]) == ("POST /runs", "403", "Forbidden")
    assert (admitted["jwt_subject"], admitted["source_ip"]) == ("-", "127.0.0.1")


def test_a_denial_names_principal_action_and_resource_as_aws_does(bench: StackHarness, reader: Credentials) -> None:
    s3 = clients(bench, "s3", reader)
    with pytest.raises(ClientError) as denied:
        s3.get_object(Bucket=bench.aws.bucket, Key="runs/a")
    error = denied.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("AccessDenied", 403)
    assert error["Error"]["Message"] == (
        "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: s3:GetObject on resource: "
        f'"arn:aws:s3:::{bench.aws.bucket}/runs/a" because no identity-based policy allows the s3:GetObject action'
    )


def test_an_unknown_access_key_is_refused(bench: StackHarness) -> None:
    with pytest.raises(ClientError, match="security token included in the request is invalid"):
        clients(bench, "sns", Credentials("AKIANOBODY", "x")).list_topics()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_writes_its_logs_but_creates_no_log_group(bench: StackHarness, name: str) -> None:
    spec = next(spec for spec in bench.aws.stack.functions if spec.logical_id == name)
    caller = session(spec.role_arn, spec.name)
    group = "arn:aws:logs:us-east-1:123456789012:log-group:x:*"
    assert bench.aws.authorizer.allows(caller, Check("logs:PutLogEvents", group))
    assert not bench.aws.authorizer.allows(caller, Check("logs:CreateLogGroup", group))
    assert not bench.aws.authorizer.may_assume(spec.role_arn, "bedrock.amazonaws.com", source=group)


def test_bedrocks_role_is_assumed_for_jobs_of_this_account_only(bench: StackHarness) -> None:
    role = next(arn for arn, found in bench.aws.authorizer.policies.roles.items() if found.logical_id == "BedrockRole")
    job = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/base/abc"
    may = bench.aws.authorizer.may_assume
    assert may(role, "bedrock.amazonaws.com", source=job)
    assert not may(role, "bedrock.amazonaws.com", source=job.replace("customization", "import"))
    assert not may(role, "lambda.amazonaws.com", source=job)


def test_a_request_without_tls_is_denied_by_the_bucket_to_anyone(bench: StackHarness) -> None:
    administrator = session("arn:aws:iam::123456789012:role/none", "x")
    (statement,) = bench.aws.authorizer.policies.of_resource(f"arn:aws:s3:::{bench.aws.bucket}/x")
    assert not statement.allow
    check = Check("s3:GetObject", f"arn:aws:s3:::{bench.aws.bucket}/x", {"aws:SecureTransport": "false"})
    assert not bench.aws.authorizer.allows(administrator, check)


ESSENTIAL = (
    ("PrepareDatasetRole", "dynamodb:UpdateItem"),
    ("PrepareDatasetRole", "s3:PutObject"),
    ("SmokeTestGraderRole", "s3:GetObject"),
    ("SmokeTestGraderRole", "lambda:InvokeFunction"),
    ("SmokeTestGraderRole", "lambda:PublishVersion"),
    ("ForecastRunRole", "s3:GetObject"),
    ("StartTrainingRole", "bedrock:CreateModelCustomizationJob"),
    ("StartTrainingRole", "iam:PassRole"),
    ("BedrockRole", "s3:GetObject"),
    ("TrainModelRole", "lambda:InvokeFunction"),
)
"""A sample: roles, each with an action that a run needs."""


def rights_of(bench: StackHarness, role: str, action: str) -> set[Right]:
    """All statements of a role that name the action."""
    given = granted(bench.aws.authorizer)
    return {right for right in given if right.statement.startswith(f"{role}/") and right.action == action}


def test_a_run_needs_each_sampled_permission_and_no_exempt_one(bench: StackHarness) -> None:
    assert bench.run("rights").status == "COMPLETED"
    used, given = needed(bench.aws.authorizer), granted(bench.aws.authorizer)
    assert [each for each in ESSENTIAL if not rights_of(bench, *each) & used] == []
    policies = {right.statement.partition("/")[0] for right in given}
    known = {right for right in exempt() if right.statement.partition("/")[0] in policies}  # not those of options
    assert known
    assert known <= given
    assert not known & used


def test_each_route_needs_its_own_permission(bench: StackHarness) -> None:
    bench.client.runs({}, limit=1)
    with pytest.raises(ApiError, match="404"):
        bench.client.events("no-such-run-20261120t120000-0a1b2c3d")
    used = {right.statement for right in needed(bench.aws.authorizer)}
    assert {"ApiListRunsPermission[0]", "ApiShowEventsPermission[0]"} <= used


@contextmanager
def deprived(bench: StackHarness, role: str, action: str) -> Iterator[None]:
    """The role without the action, in whichever statement it stands."""
    roles = bench.aws.authorizer.policies.roles
    arn = next(arn for arn, found in roles.items() if found.logical_id == role)
    whole = roles[arn]
    for right in rights_of(bench, role, action):
        roles[arn] = without(roles[arn], right)
    bench.aws.authorizer.forget()
    try:
        yield
    finally:
        roles[arn] = whole
        bench.aws.authorizer.forget()


DENIED = "AccessDenied|not authorized|not allowed"


@pytest.mark.slow
@pytest.mark.parametrize(("role", "action"), ESSENTIAL)
def test_a_run_without_one_permission_fails_with_access_denied(bench: StackHarness, role: str, action: str) -> None:
    with deprived(bench, role, action):
        ended = bench.run(f"less-{ESSENTIAL.index((role, action))}")
    assert ended.status in ("FAILED", "REJECTED")
    assert re.search(DENIED, str(ended.view["failure"]))


MEASURING = (
    ("CalibrateBaseRole", "bedrock:InvokeModel", "calibration"),
    ("EvaluateModelRole", "bedrock:InvokeModel", "evaluation"),
    ("DeployModelRole", "bedrock:CreateCustomModelDeployment", "evaluation"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("role", "action", "part"), MEASURING)
def test_a_measurement_without_one_permission_fails_keeping_the_model(
    bench: StackHarness, role: str, action: str, part: str
) -> None:
    measured: dict[str, Any] = {
        "calibration": {"rows": 10, "samples_per_row": 2, "accept": True},
        "evaluation": {"enabled": True},
    }
    with deprived(bench, role, action):
        ended = bench.run(f"unmeasured-{MEASURING.index((role, action, part))}", **measured)
    assert (ended.status, ended.view[part]["status"]) == ("COMPLETED", "failed")
    assert re.search(DENIED, ended.view[part]["reason"])
    assert ended.view["model_arn"]
