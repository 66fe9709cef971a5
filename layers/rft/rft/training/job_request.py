"""Builds a run's CreateModelCustomizationJob request. Pure.

The same run always gives the same request, as Bedrock's idempotency by clientRequestToken requires.
"""

from __future__ import annotations

from typing import Any

from rft.contracts.job import JobResources
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset


def job_request(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    grader_arn: str,
    resources: JobResources,
    base_model_arn: str = "",
) -> dict[str, Any]:
    """Uses the run id as job name, model name and token. `base_model_arn`: a custom model to continue training."""
    tags = _tags(run_id, request, dataset, grader_arn)
    return {
        "jobName": run_id,
        "customModelName": run_id,
        "clientRequestToken": run_id,
        "roleArn": resources.role_arn,
        "baseModelIdentifier": base_model_arn or request.base_model,
        "customizationType": "REINFORCEMENT_FINE_TUNING",
        "customizationConfig": {
            "rftConfig": {
                "graderConfig": {"lambdaGrader": {"lambdaArn": grader_arn}},
                "hyperParameters": _hyperparameters(request, dataset),
            }
        },
        "trainingDataConfig": {"s3Uri": dataset.train_uri},
        "validationDataConfig": {"validators": [{"s3Uri": dataset.validation_uri}]},
        "outputDataConfig": {"s3Uri": resources.output_uri},
        "jobTags": tags,
        "customModelTags": tags,
        **_optional(resources),
    }


def _optional(resources: JobResources) -> dict[str, Any]:
    network = {"subnetIds": list(resources.subnet_ids), "securityGroupIds": list(resources.security_group_ids)}
    key = {"customModelKmsKeyId": resources.kms_key_arn} if resources.kms_key_arn else {}
    return {**key, **({"vpcConfig": network} if resources.subnet_ids else {})}


def _hyperparameters(request: RunRequest, dataset: PreparedDataset) -> dict[str, Any]:
    """The caller's hyperparameters, else the dataset's recommendations, else Bedrock's defaults."""
    chosen = dataset.hyperparameters.model_dump(exclude_none=True)
    return {**chosen, **request.hyperparameters.model_dump(exclude_none=True)}


def _tags(run_id: str, request: RunRequest, dataset: PreparedDataset, grader_arn: str) -> list[dict[str, str]]:
    # Tags must not contain `$`, as in `:$LATEST` (botocore, TagValue).
    ours = {
        "rft:run-id": run_id,
        "rft:dataset-digest": dataset.digest,
        "rft:grader": grader_arn.replace("$", ""),
    }
    # The caller's tags are overridden by this project's.
    return [{"key": key, "value": value} for key, value in {**request.tags, **ours}.items()]
