from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from rft.adapters.bedrock.training_jobs import BedrockTrainingJobs
from rft.contracts.job import JobResources
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.training.job_request import job_request
from tests.kit.records import RUN_ID

GRADER = "arn:aws:lambda:us-east-1:123456789012:function:rft-GradePandalm:$LATEST"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-1111-2222-3333-444455556666"
FULLEST: dict[str, Any] = {
    "kms_key_arn": KEY,
    "subnet_ids": tuple(f"subnet-{n:017x}" for n in range(16)),
    "security_group_ids": tuple(f"sg-{n:017x}" for n in range(5)),
}
DATASET = PreparedDataset.model_validate(
    {
        "manifest_uri": f"s3://data-bucket/runs/{RUN_ID}/dataset/manifest.json",
        "digest": "sha256:" + "9f" * 32,
        "train_uri": f"s3://data-bucket/runs/{RUN_ID}/dataset/train-799.jsonl",
        "validation_uri": f"s3://data-bucket/runs/{RUN_ID}/dataset/validation-99.jsonl",
        "train_rows": 799,
        "validation_rows": 99,
        "hyperparameters": {"epochCount": 2, "learningRate": 5e-05, "maxPromptLength": 2496},
    }
)


def built(resources: Mapping[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    request = {"name": "pandalm-judge", "dataset": {"task": "pandalm", "uri": "s3://data-bucket/x.json"}, **parts}
    return job_request(
        run_id=RUN_ID,
        request=RunRequest.model_validate(request),
        dataset=DATASET,
        grader_arn=GRADER,
        resources=JobResources(
            role_arn="arn:aws:iam::123456789012:role/bedrock",
            output_uri=f"s3://data-bucket/runs/{RUN_ID}/output/",
            **(resources or {}),
        ),
    )


@pytest.fixture(scope="module")
def jobs() -> BedrockTrainingJobs:
    return BedrockTrainingJobs(boto3.client("bedrock", region_name="us-east-1"))


def test_names_and_token_equal_the_run_id() -> None:
    request = built()
    assert {request[field] for field in ("jobName", "customModelName", "clientRequestToken")} == {RUN_ID}


def test_the_same_run_gives_the_same_request() -> None:
    assert built(tags={"a": "1"}) == built(tags={"a": "1"})


def test_requested_hyperparameters_override_recommended_ones() -> None:
    rft = built(hyperparameters={"epochCount": 3, "reasoningEffort": "low"})["customizationConfig"]["rftConfig"]
    assert rft["graderConfig"] == {"lambdaGrader": {"lambdaArn": GRADER}}
    assert rft["hyperParameters"] == {
        "epochCount": 3,
        "learningRate": 5e-05,
        "maxPromptLength": 2496,
        "reasoningEffort": "low",
    }


def test_data_is_passed_by_uri_and_output_is_stored_under_the_run() -> None:
    request = built()
    assert request["trainingDataConfig"] == {"s3Uri": DATASET.train_uri}
    assert request["validationDataConfig"] == {"validators": [{"s3Uri": DATASET.validation_uri}]}
    assert request["outputDataConfig"] == {"s3Uri": f"s3://data-bucket/runs/{RUN_ID}/output/"}


def test_job_and_model_carry_the_runs_tags_and_the_callers() -> None:
    request = built(tags={"team": "search", "rft:run-id": "forged"})
    assert request["jobTags"] == request["customModelTags"]
    assert {tag["key"]: tag["value"] for tag in request["jobTags"]} == {
        "team": "search",
        "rft:run-id": RUN_ID,
        "rft:dataset-digest": DATASET.digest,
        "rft:grader": GRADER.replace("$", ""),
    }


def test_key_and_network_are_set_only_where_configured() -> None:
    assert not {"customModelKmsKeyId", "vpcConfig"} & set(built())
    request = built(FULLEST)
    assert request["customModelKmsKeyId"] == KEY
    assert request["vpcConfig"]["subnetIds"] == list(FULLEST["subnet_ids"])
    assert request["vpcConfig"]["securityGroupIds"] == list(FULLEST["security_group_ids"])


@pytest.mark.parametrize("resources", [{}, FULLEST], ids=["least", "fullest"])
def test_the_fullest_request_fits_bedrocks_model(jobs: BedrockTrainingJobs, resources: Mapping[str, Any]) -> None:
    tags = {f"{n:02d}{'k' * 126}": "v :/=+@-_." * 25 for n in range(40)}
    everything = {
        "epochCount": 50,
        "batchSize": 512,
        "learningRate": 1e-07,
        "maxPromptLength": 8192,
        "trainingSamplePerPrompt": 16,
        "inferenceMaxTokens": 32768,
        "reasoningEffort": "high",
        "evalInterval": 100,
    }
    assert jobs.problems(built(resources, tags=tags, hyperparameters=everything)) == []
