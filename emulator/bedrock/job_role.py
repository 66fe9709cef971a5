"""Actions of a job with its role: access to S3, the grader, the model's KMS key and the VPC."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.bedrock.data import DataRefused
from emulator.bedrock.job_network import network_checks
from emulator.bedrock.jobs import CustomizationJob
from emulator.environment import Environment
from emulator.functions.invocation import InvokeResult, unhandled_error
from emulator.http.replies import AwsError
from emulator.iam.authorizer import Check
from emulator.iam.principals import session
from emulator.iam.wire.bedrock import key_checks

PRINCIPAL = "bedrock.amazonaws.com"

NOT_ASSUMED = (
    "Could not assume provided IAM role. Please verify that the role exists, and that its trust policy allows Amazon "
    "Bedrock to assume it."
)


class JobRole:
    def __init__(
        self, environment: Environment, job: CustomizationJob, invoke: Callable[[str, bytes], InvokeResult]
    ) -> None:
        role = str(job.request["roleArn"])
        self._job = job
        self._run = invoke
        self._region = environment.region
        self._authorizer = environment.authorizer
        self._principal = session(role, job.id)
        self.s3: Any = environment.clients_of(role, job.id)("s3")

    def invoke(self, function_arn: str, payload: bytes) -> InvokeResult:
        """Invoke a function; a denied call is returned as an error result."""
        try:
            self._authorizer.require("lambda", self._principal, [Check("lambda:InvokeFunction", function_arn)])
        except AwsError as error:
            return unhandled_error(error.code, error.message)
        return self._run(function_arn, payload)

    def check_rights(self) -> None:
        """Raise DataRefused if the role may not use the model's key or create network interfaces in the job's VPC."""
        request = self._job.request
        key = request.get("customModelKmsKeyId")
        try:
            self._authorizer.require("kms", self._principal, key_checks(str(key), self._region) if key else ())
            self._authorizer.require("ec2", self._principal, network_checks(request, self._job.arn))
        except AwsError as error:
            raise DataRefused(error.message) from error


def require_trust(environment: Environment, role_arn: str) -> None:
    """Raise AwsError if the role's trust policy does not let Bedrock assume it for a job of this account."""
    job = f"arn:aws:bedrock:{environment.region}:{environment.account}:model-customization-job/new"
    if not environment.authorizer.may_assume(role_arn, PRINCIPAL, source=job):
        raise AwsError("ValidationException", 400, NOT_ASSUMED)
