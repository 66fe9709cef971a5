from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from rft.adapters.bedrock.model_deployments import BedrockDeployments
from rft.errors import (
    DeploymentNotFound,
    DeploymentRefused,
    RetryableQuota,
    RetryableServiceError,
    RetryableThrottling,
    RftError,
)

CLIENT = boto3.client("bedrock", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"
ARN = f"{ACCOUNT}:custom-model-deployment/abcdef123456"
MODEL = f"{ACCOUNT}:custom-model/amazon.nova-2-lite-v1:0:256k/abcdef123456"
OTHER = f"{ACCOUNT}:custom-model/amazon.nova-2-lite-v1:0:256k/fedcba654321"
NAMED = {"customModelDeploymentIdentifier": "judge"}


@pytest.fixture
def bedrock() -> Iterator[Stubber]:
    with Stubber(CLIENT) as stubber:
        yield stubber


def view(**changes: Any) -> dict[str, Any]:
    return {
        "customModelDeploymentArn": ARN,
        "modelDeploymentName": "judge",
        "modelArn": MODEL,
        "createdAt": "2026-11-20T12:00:00Z",
        "status": "Active",
        **changes,
    }


def create() -> str:
    return BedrockDeployments(CLIENT).create("judge", MODEL, tags={"rft:run-id": "r1"}, token="r1")


def test_a_model_is_deployed_with_tags_and_token(bedrock: Stubber) -> None:
    request = {
        "modelDeploymentName": "judge",
        "modelArn": MODEL,
        "tags": [{"key": "rft:run-id", "value": "r1"}],
        "clientRequestToken": "r1",
    }
    bedrock.add_response("create_custom_model_deployment", {"customModelDeploymentArn": ARN}, request)

    assert create() == ARN


def test_a_name_used_by_an_earlier_try_returns_that_deployment(bedrock: Stubber) -> None:
    bedrock.add_client_error("create_custom_model_deployment", "ValidationException", "in use", http_status_code=400)
    bedrock.add_response("get_custom_model_deployment", view(), NAMED)

    assert create() == ARN


@pytest.mark.parametrize("found", [None, OTHER])
def test_a_refusal_raises_if_the_model_has_no_deployment(bedrock: Stubber, found: str | None) -> None:
    bedrock.add_client_error("create_custom_model_deployment", "ValidationException", "no", http_status_code=400)
    if found is None:
        bedrock.add_client_error("get_custom_model_deployment", "ResourceNotFoundException", http_status_code=404)
    else:
        bedrock.add_response("get_custom_model_deployment", view(modelArn=found), NAMED)
    with pytest.raises(DeploymentRefused, match="no"):
        create()


CREATE_ERRORS: dict[str, tuple[int, type[RftError]]] = {
    "ServiceQuotaExceededException": (400, RetryableQuota),
    "ThrottlingException": (429, RetryableThrottling),
    "InternalServerException": (500, RetryableServiceError),
}


@pytest.mark.parametrize("code", CREATE_ERRORS)
def test_a_temporary_error_is_retryable(bedrock: Stubber, code: str) -> None:
    status, expected = CREATE_ERRORS[code]
    bedrock.add_client_error("create_custom_model_deployment", code, http_status_code=status)
    if status == 500:
        for _ in range(4):  # botocore retries by itself
            bedrock.add_client_error("create_custom_model_deployment", code, http_status_code=status)
    with pytest.raises(expected):
        create()


def test_every_documented_error_of_create_is_mapped() -> None:
    documented = {
        shape.name for shape in CLIENT.meta.service_model.operation_model("CreateCustomModelDeployment").error_shapes
    }
    refusals = {"AccessDeniedException", "ResourceNotFoundException", "TooManyTagsException", "ValidationException"}

    assert documented == set(CREATE_ERRORS) | refusals


def test_an_update_is_shown_next_to_the_status(bedrock: Stubber) -> None:
    details = {"modelArn": OTHER, "updateStatus": "Updating"}
    bedrock.add_response("get_custom_model_deployment", view(updateDetails=details), NAMED)
    found = BedrockDeployments(CLIENT).find("judge")

    assert found is not None
    assert (found.status, found.model_arn) == ("Active", MODEL)
    assert (found.update_status, found.update_model_arn) == ("Updating", OTHER)


def test_a_missing_deployment_is_none_and_counts_as_deleted(bedrock: Stubber) -> None:
    for operation in ("get_custom_model_deployment", "delete_custom_model_deployment"):
        bedrock.add_client_error(operation, "ResourceNotFoundException", http_status_code=404)

    assert BedrockDeployments(CLIENT).find("judge") is None
    BedrockDeployments(CLIENT).delete("judge")


def test_an_update_of_a_missing_deployment_names_it(bedrock: Stubber) -> None:
    bedrock.add_client_error("update_custom_model_deployment", "ResourceNotFoundException", http_status_code=404)
    with pytest.raises(DeploymentNotFound):
        BedrockDeployments(CLIENT).update("judge", OTHER)


def test_a_delete_with_a_conflict_is_retryable(bedrock: Stubber) -> None:
    bedrock.add_client_error("delete_custom_model_deployment", "ConflictException", http_status_code=409)
    with pytest.raises(RetryableServiceError):
        BedrockDeployments(CLIENT).delete("judge")


def test_deployments_are_found_by_tag(bedrock: Stubber) -> None:
    summaries = [
        {
            "customModelDeploymentArn": f"{ARN[:-1]}{n}",
            "customModelDeploymentName": f"judge-{n}",
            "modelArn": MODEL,
            "createdAt": "2026-11-20T12:00:00Z",
            "status": "Active",
        }
        for n in range(3)
    ]
    bedrock.add_response("list_custom_model_deployments", {"modelDeploymentSummaries": summaries}, {})
    for tags in ([{"key": "rft:run-id", "value": "r0"}], []):
        bedrock.add_response("list_tags_for_resource", {"tags": tags})
    bedrock.add_client_error("list_tags_for_resource", "ResourceNotFoundException", http_status_code=404)
    found = BedrockDeployments(CLIENT).tagged("rft:run-id")

    assert [(each.name, dict(tags)) for each, tags in found] == [("judge-0", {"rft:run-id": "r0"})]
