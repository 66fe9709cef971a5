"""Deletion of a stack whose bucket retains nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from tests.kit.project import SMALL_STACK

pytestmark = pytest.mark.emulator


@pytest.fixture
def aws() -> Iterator[Emulator]:
    with Emulator.start(EmulatorOptions(template=SMALL_STACK, stack_name="small", speed=600)) as aws:
        yield aws


def deleted(aws: Emulator) -> str:
    """The stack's status after its deletion."""
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName=aws.stack.stack_id)
    return str(cloudformation.describe_stacks(StackName=aws.stack.stack_id)["Stacks"][0]["StackStatus"])


def test_a_bucket_with_objects_fails_the_deletion_and_stays(aws: Emulator) -> None:
    aws.client("s3").put_object(Bucket=aws.bucket, Key="a", Body=b"text")
    role = next(spec.role_arn for spec in aws.stack.functions)
    assert deleted(aws) == "DELETE_FAILED"
    assert aws.client("s3").get_object(Bucket=aws.bucket, Key="a")["Body"].read() == b"text"
    with pytest.raises(aws.client("lambda").exceptions.ResourceNotFoundException):
        aws.client("lambda").invoke(FunctionName="Probe", Payload=b"{}")
    assert not aws.authorizer.may_assume(role, "lambda.amazonaws.com", source="arn:aws:lambda:x")


def test_an_empty_bucket_goes_with_its_stack(aws: Emulator) -> None:
    assert deleted(aws) == "DELETE_COMPLETE"
    assert aws.bucket not in [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]]
