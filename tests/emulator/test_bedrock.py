"""Bedrock's customization jobs from request to metrics, with a real grader function."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import Emulator
from tests.kit.emulated_jobs import BASE, create, ended, let_events_invoke, put_rows, request
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


def test_a_job_trains_with_the_real_grader_and_leaves_metrics(aws: Emulator) -> None:
    arn = create(aws, "complete")
    job = ended(aws, arn)
    assert job == ended(aws, "complete") | {"ResponseMetadata": job["ResponseMetadata"]}
    assert (job["jobArn"], job["jobName"], job["status"]) == (arn, "complete", "Completed")
    assert {part["status"] for part in job["statusDetails"].values()} == {"Completed"}
    assert job["outputModelArn"].rsplit("/", 1)[-1].startswith("emulated")
    assert job["creationTime"] <= job["endTime"]
    rows = metrics(aws, "complete", "step_wise_training_metrics.csv")
    assert [r["step_number"] for r in rows] == ["1", "2", "3", "4"]
    assert all(r["simulated_policy"] == "true" and r["rollouts"] == "32" for r in rows)
    assert float(rows[-1]["reward_mean"]) > float(rows[0]["reward_mean"])
    assert [r["step_number"] for r in metrics(aws, "complete", "validation_metrics.csv")] == ["1", "4"]
    plan = aws.bedrock.job("complete").plan
    assert plan is not None
    assert plan.cuts == ["4 of 7 training steps were simulated."]


def metrics(aws: Emulator, name: str, file: str) -> list[dict[str, str]]:
    s3 = aws.client("s3")
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=aws.bucket, Prefix=f"out/{name}/")["Contents"]]
    key = next(key for key in keys if key.endswith(file))
    return list(csv.DictReader(io.StringIO(s3.get_object(Bucket=aws.bucket, Key=key)["Body"].read().decode())))


def test_a_token_returns_the_same_job_and_names_are_never_reused(aws: Emulator) -> None:
    first = create(aws, "again")
    assert create(aws, "again") == first
    ended(aws, "again")
    with pytest.raises(aws.client("bedrock").exceptions.ConflictException):
        create(aws, "again", clientRequestToken="another")
    with pytest.raises(aws.client("bedrock").exceptions.ConflictException):
        create(aws, "elsewhere", clientRequestToken="again")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jobName": "two words"}, "jobName"),
        ({"roleArn": "admin"}, "roleArn"),
        ({"baseModelIdentifier": "amazon.nova-lite-v1:0:300k"}, BASE),
        ({"baseModelIdentifier": f"arn:aws:bedrock:us-east-1:123456789012:custom-model/{BASE}/emulated0001"}, BASE),
        ({"customizationType": "FINE_TUNING"}, "REINFORCEMENT_FINE_TUNING"),
        ({"outputDataConfig": {"s3Uri": "s3://bucket/a b"}}, "outputDataConfig"),
        ({"jobTags": [{"key": "k", "value": "$"}]}, "jobTags"),
    ],
)
def test_a_request_documented_as_invalid_is_refused(aws: Emulator, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(aws.client("bedrock").exceptions.ValidationException, match=message):
        create(aws, **{"name": "invalid", **changes})
    assert all(job.name != "invalid" for job in aws.bedrock.jobs)


def test_a_request_that_boto3_rejects_is_refused_by_the_service_too(aws: Emulator) -> None:
    config = request(aws, "limits")["customizationConfig"]
    config["rftConfig"]["hyperParameters"]["batchSize"] = 8
    careless = boto3.client(
        "bedrock",
        region_name=aws.region,
        endpoint_url=aws.endpoint,
        aws_access_key_id=aws.credentials.access_key,
        aws_secret_access_key=aws.credentials.secret_key,
        config=Config(parameter_validation=False),
    )
    with pytest.raises(ClientError, match="batchSize"):
        careless.create_model_customization_job(**request(aws, "limits", customizationConfig=config))


def test_concurrent_jobs_are_limited_and_a_stopped_job_frees_a_slot(aws: Emulator) -> None:
    bedrock = aws.client("bedrock")
    aws.bedrock.hang("long-1")
    aws.bedrock.hang("long-2", at_step=0)
    create(aws, "long-1")
    create(aws, "long-2")
    with pytest.raises(bedrock.exceptions.ServiceQuotaExceededException):
        create(aws, "long-3")
    eventually(lambda: aws.bedrock.job("long-2").phases["dataProcessing"].status == "Completed")
    running = bedrock.get_model_customization_job(jobIdentifier="long-2")
    assert running["statusDetails"]["trainingDetails"]["status"] == "NotStarted"
    for name in ("long-1", "long-2"):
        bedrock.stop_model_customization_job(jobIdentifier=name)
        job = ended(aws, name)
        assert job["status"] == "Stopped"
        assert "outputModelArn" not in job
        with pytest.raises(bedrock.exceptions.ConflictException):
            bedrock.stop_model_customization_job(jobIdentifier=name)
    create(aws, "long-3")
    assert ended(aws, "long-3")["status"] == "Completed"


def test_a_job_can_be_failed_or_stopped_by_an_injected_fault(aws: Emulator) -> None:
    aws.bedrock.fail("fails", at_step=2)
    aws.bedrock.stop("stopped-outside", at_step=2)
    create(aws, "fails")
    job = ended(aws, "fails")
    assert (job["status"], job["failureMessage"]) == ("Failed", "Injected by the emulator at step 2.")
    assert job["statusDetails"]["trainingDetails"]["status"] == "Failed"
    assert len(aws.bedrock.job("fails").steps) == 1
    create(aws, "stopped-outside")
    assert ended(aws, "stopped-outside")["status"] == "Stopped"


def test_invalid_training_data_fails_the_job(aws: Emulator) -> None:
    create(aws, "few", trainingDataConfig={"s3Uri": put_rows(aws, "data/few.jsonl", 99)})
    job = ended(aws, "few")
    assert "99 records; 100 to 20000" in job["failureMessage"]
    assert job["statusDetails"]["validationDetails"]["status"] == "Failed"
    create(aws, "none", trainingDataConfig={"s3Uri": f"s3://{aws.bucket}/nothing.jsonl"})
    assert "NoSuchKey" in ended(aws, "none")["failureMessage"]


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("raises", "raise ValueError('broken grader')", "ValueError: broken grader"),
        ("short", "return event[1:] and []", "one result per sample"),
        (
            "nan",
            "return [{'id': s['id'], 'aggregate_reward_score': float('nan')} for s in event]",
            "aggregate_reward_score",
        ),
    ],
)
def test_a_broken_grader_fails_the_job(aws: Emulator, tmp_path: Any, name: str, code: str, message: str) -> None:
    (tmp_path / "app.py").write_text(f"def handler(event, context):\n    {code}\n")
    config = request(aws, name)["customizationConfig"]
    config["rftConfig"]["graderConfig"]["lambdaGrader"]["lambdaArn"] = aws.add_function(f"grader-{name}", tmp_path)
    create(aws, f"grader-{name}", customizationConfig=config)
    job = ended(aws, f"grader-{name}")
    assert job["status"] == "Failed"
    assert message in job["failureMessage"]


def test_a_grader_that_crashes_occasionally_does_not_fail_the_job(aws: Emulator) -> None:
    aws.faults.crash("GradeLength", count=2)
    create(aws, "crashes")
    assert ended(aws, "crashes")["status"] == "Completed"


@pytest.mark.parametrize(("times", "status"), [(3, "Completed"), (None, "Failed")])
def test_a_permanently_throttled_grader_fails_the_job(aws: Emulator, times: int | None, status: str) -> None:
    aws.faults.throttle("lambda", "Invoke", subject="GradeLength", count=times)
    create(aws, f"throttled-{times}")
    job = ended(aws, f"throttled-{times}")
    aws.faults.clear()
    assert job["status"] == status
    assert ("ThrottlingException" in job.get("failureMessage", "")) == (status == "Failed")


def test_jobs_are_listed_in_pages_newest_first(aws: Emulator) -> None:
    bedrock = aws.client("bedrock")
    for number in range(3):
        create(aws, f"listed-{number}")
        ended(aws, f"listed-{number}")
    first = bedrock.list_model_customization_jobs(nameContains="listed", maxResults=2)
    names = [s["jobName"] for s in first["modelCustomizationJobSummaries"]]
    assert names == ["listed-2", "listed-1"]
    rest = bedrock.list_model_customization_jobs(nameContains="listed", maxResults=2, nextToken=first["nextToken"])
    assert [s["jobName"] for s in rest["modelCustomizationJobSummaries"]] == ["listed-0"]
    assert "nextToken" not in rest
    assert not bedrock.list_model_customization_jobs(nameContains="listed", statusEquals="Failed")[
        "modelCustomizationJobSummaries"
    ]


def test_an_unknown_job_is_not_found(aws: Emulator) -> None:
    with pytest.raises(aws.client("bedrock").exceptions.ResourceNotFoundException):
        aws.client("bedrock").get_model_customization_job(jobIdentifier="nobody")


def test_status_changes_are_events(aws: Emulator, tmp_path: Any) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    print(event['detail']['jobStatus'])\n")
    arn = aws.add_function("job-listener", tmp_path)
    let_events_invoke(aws, arn)
    pattern = {"source": ["aws.bedrock"], "detail": {"jobName": ["eventful"], "jobStatus": ["InProgress", "Completed"]}}
    aws.client("events").put_rule(Name="jobs", EventPattern=json.dumps(pattern))
    aws.client("events").put_targets(Rule="jobs", Targets=[{"Id": "listener", "Arn": arn}])
    create(aws, "eventful")
    assert eventually(lambda: {"InProgress", "Completed"} <= set(aws.logs("job-listener")))
