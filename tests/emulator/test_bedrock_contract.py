"""The emulated Bedrock and the project's adapter, validated against botocore's service model."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.faults import Fault
from rft.adapters.bedrock.service_model import validate
from rft.adapters.bedrock.training_jobs import BedrockTrainingJobs
from rft.contracts.job import JobStatus
from rft.errors import JobNotFound, JobRequestInvalid
from tests.kit.emulated_jobs import BASE, create, ended, request
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


@pytest.fixture(autouse=True)
def _clean(aws: Emulator) -> Any:
    yield
    aws.faults.clear()


def called(aws: Emulator, operation: str, **parameters: Any) -> dict[str, Any]:
    """Call an operation and return its response, validated against the output shape."""
    client = aws.client("bedrock")
    method = {name: method for method, name in client.meta.method_to_api_mapping.items()}[operation]
    answer: dict[str, Any] = getattr(client, method)(**parameters)
    answer.pop("ResponseMetadata")
    assert validate(answer, client.meta.service_model.operation_model(operation).output_shape) == []
    return answer


def refusal(aws: Emulator, operation: str, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        called(aws, operation, **parameters)
    return str(refused.value.response["Error"]["Code"])


@pytest.fixture(scope="module")
def trained(aws: Emulator) -> dict[str, Any]:
    """Run a job to completion and return Bedrock's response about it."""
    create(aws, "contract-trained")
    job = ended(aws, "contract-trained")
    assert job["status"] == "Completed"
    return job


def test_a_job_matches_its_api_shape_in_each_status(aws: Emulator, trained: dict[str, Any]) -> None:
    aws.bedrock.hang("contract-states", at_step=1)
    arn = called(aws, "CreateModelCustomizationJob", **request(aws, "contract-states"))["jobArn"]
    assert called(aws, "GetModelCustomizationJob", jobIdentifier=arn)["status"] == "InProgress"
    assert called(aws, "StopModelCustomizationJob", jobIdentifier="contract-states") == {}
    assert ended(aws, arn)["status"] == "Stopped"
    aws.bedrock.fail("contract-failed", at_step=1)
    create(aws, "contract-failed")
    failed = ended(aws, "contract-failed")
    assert (failed["status"], "step 1" in failed["failureMessage"]) == ("Failed", True)
    for name in ("contract-states", "contract-failed", "contract-trained"):
        called(aws, "GetModelCustomizationJob", jobIdentifier=name)
    assert refusal(aws, "StopModelCustomizationJob", jobIdentifier=arn) == "ConflictException"
    assert refusal(aws, "GetModelCustomizationJob", jobIdentifier="nobody") == "ResourceNotFoundException"


def test_the_adapter_reads_the_services_responses(aws: Emulator, trained: dict[str, Any]) -> None:
    jobs = BedrockTrainingJobs(aws.client("bedrock"))
    for name_or_arn in (trained["jobName"], trained["jobArn"]):
        job = jobs.get(name_or_arn)
        assert (job.arn, job.status, job.model_arn) == (
            trained["jobArn"],
            JobStatus.COMPLETED,
            trained["outputModelArn"],
        )
        assert (job.created_at, job.ended_at) == (trained["creationTime"], trained["endTime"])
        jobs.stop(name_or_arn)
    body = request(aws, "contract-trained")
    assert jobs.problems(body) == []
    assert jobs.create(body) == jobs.create({**body, "clientRequestToken": "other"}) == trained["jobArn"]
    with pytest.raises(JobRequestInvalid):
        jobs.create({**body, "clientRequestToken": "third", "outputDataConfig": {"s3Uri": "s3://else/where"}})
    with pytest.raises(JobNotFound):
        jobs.get("nobody")
    assert "contract-trained" not in jobs.active()


def test_lists_are_filtered_sorted_and_paged(aws: Emulator) -> None:
    names = [f"contract-list-{number}" for number in range(3)]
    for name in names:
        aws.bedrock.fail(name, at_step=0)
        create(aws, name)
        ended(aws, name)
    create(aws, "contract-list-good")
    ended(aws, "contract-list-good")

    def listed(**query: Any) -> list[str]:
        answer = called(aws, "ListModelCustomizationJobs", nameContains="contract-list", **query)
        return [job["jobName"] for job in answer["modelCustomizationJobSummaries"]]

    assert listed() == ["contract-list-good", *reversed(names)]
    assert listed(statusEquals="Failed", sortBy="CreationTime", sortOrder="Ascending") == names
    made = ended(aws, names[1])["creationTime"]
    assert listed(creationTimeAfter=made) == ["contract-list-good", names[2]]
    assert listed(creationTimeBefore=made) == [names[0]]
    first = called(aws, "ListModelCustomizationJobs", nameContains="contract-list", maxResults=3)
    assert listed(maxResults=3, nextToken=first["nextToken"]) == [names[0]]
    assert refusal(aws, "ListModelCustomizationJobs", nextToken="made-up") == "ValidationException"
    assert refusal(aws, "ListModelCustomizationJobs", statusEquals="Finished") == "ValidationException"


def test_a_completed_job_leaves_a_custom_model(aws: Emulator, trained: dict[str, Any]) -> None:
    arn = trained["outputModelArn"]
    for identifier in (arn, trained["outputModelName"]):
        model = called(aws, "GetCustomModel", modelIdentifier=identifier)
        assert (model["modelArn"], model["jobArn"]) == (arn, trained["jobArn"])
    listed = called(aws, "ListCustomModels", nameContains="contract-trained")["modelSummaries"]
    assert [(each["modelArn"], each["modelStatus"]) for each in listed] == [(arn, "Active")]
    assert refusal(aws, "GetCustomModel", modelIdentifier="contract-failed") == "ResourceNotFoundException"


def test_a_model_is_deployed_invoked_and_undeployed(aws: Emulator, trained: dict[str, Any]) -> None:
    model = trained["outputModelArn"]
    made = called(aws, "CreateCustomModelDeployment", modelDeploymentName="mine", modelArn=model)
    arn = made["customModelDeploymentArn"]
    found = called(aws, "GetCustomModelDeployment", customModelDeploymentIdentifier="mine")
    assert (found["status"], found["modelArn"]) == ("Creating", model)
    with pytest.raises(ClientError, match="ModelNotReady"):
        answer_to(aws, arn, "question 1")
    eventually(
        lambda: called(aws, "GetCustomModelDeployment", customModelDeploymentIdentifier=arn)["status"] == "Active"
    )
    answers = [answer_to(aws, arn, f"question {number}") for number in range(40)]
    right = sum(answer == f"right {number}" for number, answer in enumerate(answers))
    assert right >= 20, "the policy has learned to be right"
    assert answer_to(aws, arn, "something else").startswith("[simulated]")
    listed = called(aws, "ListCustomModelDeployments", statusEquals="Active", modelArnEquals=model)
    assert [each["customModelDeploymentName"] for each in listed["modelDeploymentSummaries"]] == ["mine"]
    again = {"modelDeploymentName": "mine", "modelArn": model}
    assert refusal(aws, "CreateCustomModelDeployment", **again) == "ValidationException"
    called(aws, "DeleteCustomModelDeployment", customModelDeploymentIdentifier=arn)
    assert refusal(aws, "GetCustomModelDeployment", customModelDeploymentIdentifier=arn) == "ResourceNotFoundException"


def test_a_deployment_can_fail(aws: Emulator, trained: dict[str, Any]) -> None:
    aws.faults.add(Fault(service="bedrock", operation="Deploy", subject="doomed", effect="fail", message="no capacity"))
    called(aws, "CreateCustomModelDeployment", modelDeploymentName="doomed", modelArn=trained["outputModelArn"])

    def failed() -> Any:
        found = called(aws, "GetCustomModelDeployment", customModelDeploymentIdentifier="doomed")
        return found["status"] == "Failed" and found

    assert eventually(failed)["failureMessage"] == "no capacity"


def test_only_an_existing_model_is_deployed(aws: Emulator) -> None:
    nowhere = f"arn:aws:bedrock:us-east-1:123456789012:custom-model/{BASE}/nothingthere"
    code = refusal(aws, "CreateCustomModelDeployment", modelDeploymentName="none", modelArn=nowhere)
    assert code == "ResourceNotFoundException"
    assert refusal(aws, "CreateCustomModelDeployment", modelDeploymentName="none", modelArn="x" * 20) == (
        "ValidationException"
    )


def answer_to(aws: Emulator, model_id: str, prompt: str) -> str:
    answer = aws.client("bedrock-runtime").converse(
        modelId=model_id, messages=[{"role": "user", "content": [{"text": prompt}]}]
    )
    assert answer["additionalModelResponseFields"]["answered_by"] == "emulated policy"
    return "".join(block["text"] for block in answer["output"]["message"]["content"])


@pytest.mark.parametrize("field", ["jobTags", "customModelTags"])
def test_reserved_aws_tags_are_refused(aws: Emulator, field: str) -> None:
    reserved = request(aws, "contract-tags") | {field: [{"key": "Aws:x", "value": "y"}]}
    assert refusal(aws, "CreateModelCustomizationJob", **reserved) == "ValidationException"
