"""On-demand deployments of custom models on Amazon Bedrock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rft.adapters.aws_errors import translated
from rft.errors import DeploymentNotFound, DeploymentRefused, RetryableServiceError, RftError
from rft.ports.models import ModelDeployment

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

_UNKNOWN: Mapping[str, type[RftError]] = {"ResourceNotFoundException": DeploymentNotFound}
_REFUSALS: Mapping[str, type[RftError]] = {
    "AccessDeniedException": DeploymentRefused,
    "TooManyTagsException": DeploymentRefused,
    "ValidationException": DeploymentRefused,
}
"""Non-retryable error codes. ResourceNotFound refers to the model on create, and to the deployment on update."""


class BedrockDeployments:
    """One account's deployments in one Region, where names are unique."""

    def __init__(self, client: BedrockClient) -> None:
        self._client = client

    def create(self, name: str, model_arn: str, *, tags: Mapping[str, str], token: str) -> str:
        """Deploys a model, or returns the deployment of this name and model from an earlier attempt."""
        try:
            with translated({**_REFUSALS, "ResourceNotFoundException": DeploymentRefused}):
                return self._client.create_custom_model_deployment(
                    modelDeploymentName=name,
                    modelArn=model_arn,
                    tags=[{"key": key, "value": value} for key, value in tags.items()],
                    clientRequestToken=token,
                )["customModelDeploymentArn"]
        except DeploymentRefused:
            found = self.find(name)
            if found is None or found.model_arn != model_arn:
                raise
            return found.arn

    def find(self, name_or_arn: str) -> ModelDeployment | None:
        try:
            with translated(_UNKNOWN):
                return _deployment(
                    self._client.get_custom_model_deployment(customModelDeploymentIdentifier=name_or_arn)
                )
        except DeploymentNotFound:
            return None

    def update(self, name_or_arn: str, model_arn: str) -> None:
        """Change a deployment to another model; there is no token, so a retry must read the deployment first."""
        with translated({**_REFUSALS, **_UNKNOWN}):
            self._client.update_custom_model_deployment(customModelDeploymentIdentifier=name_or_arn, modelArn=model_arn)

    def delete(self, name_or_arn: str) -> None:
        try:
            with translated({**_UNKNOWN, "ConflictException": RetryableServiceError}):
                self._client.delete_custom_model_deployment(customModelDeploymentIdentifier=name_or_arn)
        except DeploymentNotFound:
            return

    def tagged(self, key: str) -> list[tuple[ModelDeployment, Mapping[str, str]]]:
        with translated():
            pages = self._client.get_paginator("list_custom_model_deployments").paginate()
            found = [each for page in pages for each in page.get("modelDeploymentSummaries", [])]
            # Makes one call per deployment, because lists contain no tags; quotas allow only a few deployments.
            tagged = [(_summary(each), self._tags(each["customModelDeploymentArn"])) for each in found]
        return [(deployment, tags) for deployment, tags in tagged if key in tags]

    def _tags(self, arn: str) -> Mapping[str, str]:
        try:
            with translated(_UNKNOWN):
                tags = self._client.list_tags_for_resource(resourceARN=arn).get("tags", [])
        except DeploymentNotFound:  # deleted in the meantime
            return {}
        return {tag["key"]: tag["value"] for tag in tags}


def _deployment(found: Mapping[str, Any]) -> ModelDeployment:
    update = found.get("updateDetails", {})
    return ModelDeployment(
        arn=found["customModelDeploymentArn"],
        name=found["modelDeploymentName"],
        model_arn=found["modelArn"],
        status=found["status"],
        failure=found.get("failureMessage", ""),
        update_status=update.get("updateStatus", ""),
        update_model_arn=update.get("modelArn", ""),
    )


def _summary(found: Mapping[str, Any]) -> ModelDeployment:
    return ModelDeployment(
        arn=found["customModelDeploymentArn"],
        name=found["customModelDeploymentName"],
        model_arn=found["modelArn"],
        status=found["status"],
        failure=found.get("failureMessage", ""),
    )
