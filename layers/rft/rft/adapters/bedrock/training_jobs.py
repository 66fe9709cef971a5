"""Customization jobs on Amazon Bedrock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rft.adapters.aws_errors import translated
from rft.adapters.bedrock.service_model import validate
from rft.contracts.job import Job, JobStatus, Phases
from rft.errors import JobNotFound, JobRequestInvalid, RetryableServiceError, RftError

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

REFUSALS: Mapping[str, type[RftError]] = {
    "AccessDeniedException": JobRequestInvalid,
    "ResourceNotFoundException": JobRequestInvalid,
    "TooManyTagsException": JobRequestInvalid,
    "ValidationException": JobRequestInvalid,
}
"""Non-retryable error codes of CreateModelCustomizationJob."""

UNKNOWN: Mapping[str, type[RftError]] = {
    "ResourceNotFoundException": JobNotFound,
    "ValidationException": JobNotFound,
}
"""Error codes of GetModelCustomizationJob for a missing job; its reference does not state which one applies."""


class _NameTaken(RftError):
    """A job or a model of this name exists in Bedrock."""


class _StopRefused(RftError):
    """Bedrock rejected stopping the job: it has ended, is stopping already, or is busy."""


class BedrockTrainingJobs:
    """One Region's jobs. A job's name is its run's id."""

    def __init__(self, client: BedrockClient) -> None:
        self._client = client

    def problems(self, request: Mapping[str, Any]) -> list[str]:
        operation = self._client.meta.service_model.operation_model("CreateModelCustomizationJob")
        return validate(request, operation.input_shape)

    def create(self, request: Mapping[str, Any]) -> str:
        """Starts the job, or returns the one that an earlier attempt of the same request started."""
        try:
            with translated({**REFUSALS, "ConflictException": _NameTaken}):
                return self._client.create_model_customization_job(**request)["jobArn"]
        except _NameTaken as taken:
            return self._earlier(request, taken)

    def get(self, name_or_arn: str) -> Job:
        return _job(self._get(name_or_arn))

    def stop(self, name_or_arn: str) -> None:
        refusals = {"ConflictException": _StopRefused, "ValidationException": _StopRefused}
        try:
            with translated({**UNKNOWN, **refusals}):
                self._client.stop_model_customization_job(jobIdentifier=name_or_arn)
        except _StopRefused as refused:
            if self.get(name_or_arn).status is JobStatus.IN_PROGRESS:
                raise RetryableServiceError(str(refused)) from refused

    def active(self) -> list[str]:
        """Names of all InProgress jobs; quotas allow only a few."""
        with translated():
            pages = self._client.get_paginator("list_model_customization_jobs").paginate(statusEquals="InProgress")
            return [job["jobName"] for page in pages for job in page.get("modelCustomizationJobSummaries", [])]

    def _earlier(self, request: Mapping[str, Any], taken: _NameTaken) -> str:
        """The job with the request's name, if it has the request's output location and so belongs to this run.

        Another stack of the account may derive the same id from the same key, but its bucket differs. If the job is not
        visible yet, raises a retryable error.
        """
        try:
            found = self._get(request["jobName"])
        except JobNotFound as unseen:
            raise RetryableServiceError(f"{taken}; no job of this name can be seen yet") from unseen
        if _output(found) != _output(request):
            raise JobRequestInvalid(f"{taken}; the job {found['jobArn']} is not this run's") from taken
        return str(found["jobArn"])

    def _get(self, name_or_arn: str) -> Mapping[str, Any]:
        with translated(UNKNOWN):
            return self._client.get_model_customization_job(jobIdentifier=name_or_arn)


def _output(job: Mapping[str, Any]) -> str:
    return str(job["outputDataConfig"]["s3Uri"]).rstrip("/")


def _job(found: Mapping[str, Any]) -> Job:
    details = found.get("statusDetails", {})
    phases = {
        "validation": details.get("validationDetails", {}).get("status"),
        "data_processing": details.get("dataProcessingDetails", {}).get("status"),
        "training": details.get("trainingDetails", {}).get("status"),
    }
    return Job(
        arn=found["jobArn"],
        name=found["jobName"],
        status=found["status"],
        phases=Phases.model_validate(phases),
        created_at=found["creationTime"],
        ended_at=found.get("endTime"),
        model_arn=found.get("outputModelArn"),
        failure_message=found.get("failureMessage"),
    )
