from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from rft.adapters.bedrock.training_jobs import BedrockTrainingJobs
from rft.contracts.job import JobStatus, PhaseStatus
from rft.errors import (
    JobNotFound,
    JobRequestInvalid,
    RetryableQuota,
    RetryableServiceError,
    RetryableThrottling,
    RftError,
)

NAME = "demo-20261120t120000-1a2b3c4d"
ARN = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-2-lite-v1:0:256k/abcdef123456"
OUTPUT = "s3://data-bucket/runs/demo/output/"
REQUEST = {
    "jobName": NAME,
    "customModelName": NAME,
    "clientRequestToken": NAME,
    "roleArn": "arn:aws:iam::123456789012:role/bedrock",
    "baseModelIdentifier": "amazon.nova-2-lite-v1:0:256k",
    "trainingDataConfig": {"s3Uri": "s3://data-bucket/runs/demo/dataset/train-799.jsonl"},
    "outputDataConfig": {"s3Uri": OUTPUT},
}
CREATE, GET, STOP = (f"{verb}_model_customization_job" for verb in ("create", "get", "stop"))
CREATED = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def bedrock() -> Iterator[tuple[BedrockTrainingJobs, Stubber]]:
    client = boto3.client("bedrock", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield BedrockTrainingJobs(client), stubber
        stubber.assert_no_pending_responses()


def answer(**parts: Any) -> dict[str, Any]:
    """GetModelCustomizationJob's answer."""
    given = {
        "jobArn": ARN,
        "jobName": NAME,
        "outputModelName": NAME,
        "roleArn": REQUEST["roleArn"],
        "status": "InProgress",
        "creationTime": CREATED,
        "baseModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0:256k",
        "trainingDataConfig": REQUEST["trainingDataConfig"],
        "validationDataConfig": {"validators": []},
        "outputDataConfig": REQUEST["outputDataConfig"],
    }
    return {**given, **parts}


def test_problems_come_from_bedrocks_service_model(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, _ = bedrock
    assert jobs.problems(REQUEST) == []
    assert jobs.problems({**REQUEST, "jobName": "no spaces"})[0].startswith("jobName: is 'no spaces', which")


def test_create_returns_the_arn(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    stubber.add_response(CREATE, {"jobArn": ARN}, REQUEST)
    assert jobs.create(REQUEST) == ARN


@pytest.mark.parametrize(
    ("code", "http", "ours"),
    [
        ("ThrottlingException", 429, RetryableThrottling),
        ("ServiceQuotaExceededException", 400, RetryableQuota),
        ("InternalServerException", 500, RetryableServiceError),
        ("ValidationException", 400, JobRequestInvalid),
        ("TooManyTagsException", 400, JobRequestInvalid),
        ("ResourceNotFoundException", 404, JobRequestInvalid),
        ("AccessDeniedException", 403, JobRequestInvalid),
    ],
)
def test_each_error_of_create_is_mapped_with_bedrocks_message(
    bedrock: tuple[BedrockTrainingJobs, Stubber], code: str, http: int, ours: type[RftError]
) -> None:
    jobs, stubber = bedrock
    stubber.add_client_error(CREATE, code, "the role is odd", http_status_code=http)
    with pytest.raises(ours, match="the role is odd"):
        jobs.create(REQUEST)


def test_every_error_that_create_can_raise_is_handled(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    operation = stubber.client.meta.service_model.operation_model("CreateModelCustomizationJob")
    for shape in operation.error_shapes:
        stubber.add_client_error(CREATE, shape.name, http_status_code=shape.metadata["error"]["httpStatusCode"])
        if shape.name == "ConflictException":
            stubber.add_response(GET, answer())
            assert jobs.create(REQUEST) == ARN
        else:
            with pytest.raises(RftError):
                jobs.create(REQUEST)


def test_a_used_name_returns_the_runs_earlier_job(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    stubber.add_client_error(CREATE, "ConflictException", "name is taken")
    stubber.add_response(GET, answer(outputDataConfig={"s3Uri": OUTPUT.rstrip("/")}), {"jobIdentifier": NAME})
    assert jobs.create(REQUEST) == ARN


def test_a_name_used_by_another_stacks_job_is_refused(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    stubber.add_client_error(CREATE, "ConflictException", "name is taken")
    stubber.add_response(GET, answer(outputDataConfig={"s3Uri": "s3://other-bucket/runs/demo/output/"}))
    with pytest.raises(JobRequestInvalid, match=f"name is taken; the job {ARN} is not this run's"):
        jobs.create(REQUEST)


def test_a_used_name_that_is_not_visible_yet_is_retryable(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    stubber.add_client_error(CREATE, "ConflictException", "name is taken")
    stubber.add_client_error(GET, "ResourceNotFoundException", http_status_code=404)
    with pytest.raises(RetryableServiceError, match="name is taken"):
        jobs.create(REQUEST)


def test_a_job_is_read_with_phases_and_ends(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    details = {
        "validationDetails": {"status": "Completed"},
        "dataProcessingDetails": {"status": "InProgress"},
        "trainingDetails": {"status": "NotStarted"},
    }
    model = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-2-lite-v1:0:256k/abcdef123456"
    stubber.add_response(
        GET,
        answer(status="Failed", statusDetails=details, outputModelArn=model, failureMessage="no rows", endTime=CREATED),
        {"jobIdentifier": ARN},
    )
    job = jobs.get(ARN)
    assert (job.arn, job.name, job.status, job.created_at, job.ended_at) == (
        ARN, NAME, JobStatus.FAILED, CREATED, CREATED,
    )  # fmt: skip
    assert (job.phases.validation, job.phases.training) == (PhaseStatus.COMPLETED, PhaseStatus.NOT_STARTED)
    assert job.phases.current == "data_processing"
    assert (job.model_arn, job.failure_message) == (model, "no rows")


@pytest.mark.parametrize("status", list(JobStatus))
def test_every_status_can_be_read_without_phases(
    bedrock: tuple[BedrockTrainingJobs, Stubber], status: JobStatus
) -> None:
    jobs, stubber = bedrock
    stubber.add_response(GET, answer(status=status.value))
    assert (job := jobs.get(NAME)).status is status
    assert job.phases.current == "validation"


def test_job_statuses_match_bedrocks(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    model: Any = bedrock[1].client.meta.service_model
    assert set(JobStatus) == set(model.shape_for("ModelCustomizationJobStatus").enum)
    assert set(PhaseStatus) == set(model.shape_for("JobStatusDetails").enum)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_a_stop_of_a_name_without_a_job_raises_job_not_found(
    bedrock: tuple[BedrockTrainingJobs, Stubber], code: str
) -> None:
    jobs, stubber = bedrock
    stubber.add_client_error(STOP, code, "no such job", http_status_code=400)
    if code == "ValidationException":
        stubber.add_client_error(GET, code, "no such job", http_status_code=400)
    with pytest.raises(JobNotFound, match="no such job"):
        jobs.stop(NAME)


@pytest.mark.parametrize("operation", [GET, STOP])
def test_an_unknown_job_is_named_so(bedrock: tuple[BedrockTrainingJobs, Stubber], operation: str) -> None:
    jobs, stubber = bedrock
    stubber.add_client_error(operation, "ResourceNotFoundException", "no such job", http_status_code=404)
    with pytest.raises(JobNotFound, match="no such job"):
        (jobs.get if operation == GET else jobs.stop)(NAME)


def test_stop_accepts_a_name_or_an_arn(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    stubber.add_response(STOP, {}, {"jobIdentifier": NAME})
    jobs.stop(NAME)


@pytest.mark.parametrize("code", ["ConflictException", "ValidationException"])
@pytest.mark.parametrize("status", ["Stopping", "Stopped", "Completed", "Failed"])
def test_stopping_an_ended_job_does_nothing(
    bedrock: tuple[BedrockTrainingJobs, Stubber], code: str, status: str
) -> None:
    jobs, stubber = bedrock
    stubber.add_client_error(STOP, code, "cannot stop")
    stubber.add_response(GET, answer(status=status))
    jobs.stop(NAME)


def test_a_stop_refused_for_a_running_job_is_retryable(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    stubber.add_client_error(STOP, "ConflictException", "busy")
    stubber.add_response(GET, answer())
    with pytest.raises(RetryableServiceError, match="busy"):
        jobs.stop(NAME)


def test_a_denied_read_raises(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    stubber.add_client_error(GET, "AccessDeniedException", http_status_code=403)
    with pytest.raises(ClientError, match="AccessDenied"):
        jobs.get(NAME)


def test_running_jobs_are_listed_by_name_over_all_pages(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock

    def line(name: str) -> dict[str, Any]:
        base = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0:256k"
        return {"jobArn": ARN, "baseModelArn": base, "jobName": name, "status": "InProgress", "creationTime": CREATED}

    first = {"modelCustomizationJobSummaries": [line("a"), line("b")], "nextToken": "more"}
    operation = "list_model_customization_jobs"
    stubber.add_response(operation, first, {"statusEquals": "InProgress"})
    stubber.add_response(
        operation, {"modelCustomizationJobSummaries": [line("c")]}, {"statusEquals": "InProgress", "nextToken": "more"}
    )
    assert jobs.active() == ["a", "b", "c"]


def test_no_running_job_is_an_empty_list(bedrock: tuple[BedrockTrainingJobs, Stubber]) -> None:
    jobs, stubber = bedrock
    stubber.add_response("list_model_customization_jobs", {}, {"statusEquals": "InProgress"})
    assert jobs.active() == []
