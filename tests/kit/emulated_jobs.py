"""Creates and reads customization jobs on the emulated Bedrock."""

from __future__ import annotations

import json
from typing import Any

from emulator import Emulator
from tests.kit.waiting import eventually

BASE = "amazon.nova-2-lite-v1:0:256k"


def row(number: int) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": f"question {number}"}],
        "reference_answer": f"right {number}",
        "task_id": f"row-{number}",
        "domain": "test",
        "data_source": "rft",
        "run_id": "test-run-1",
    }


def put_rows(aws: Emulator, key: str, count: int) -> str:
    body = "".join(json.dumps(row(number)) + "\n" for number in range(count))
    aws.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=body.encode())
    return f"s3://{aws.bucket}/{key}"


def request(aws: Emulator, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "jobName": name,
        "customModelName": name,
        "clientRequestToken": name,
        "roleArn": "arn:aws:iam::123456789012:role/bedrock",
        "baseModelIdentifier": BASE,
        "customizationType": "REINFORCEMENT_FINE_TUNING",
        "customizationConfig": {
            "rftConfig": {
                "graderConfig": {"lambdaGrader": {"lambdaArn": aws.stack.graders["length"]}},
                "hyperParameters": {"batchSize": 16, "trainingSamplePerPrompt": 2, "epochCount": 1},
            }
        },
        "trainingDataConfig": {"s3Uri": put_rows(aws, "data/train.jsonl", 100)},
        "validationDataConfig": {"validators": [{"s3Uri": put_rows(aws, "data/validation.jsonl", 10)}]},
        "outputDataConfig": {"s3Uri": f"s3://{aws.bucket}/out/{name}/"},
        **changes,
    }


def create(aws: Emulator, name: str, **changes: Any) -> str:
    return str(aws.client("bedrock").create_model_customization_job(**request(aws, name, **changes))["jobArn"])


def ended(aws: Emulator, name: str) -> dict[str, Any]:
    def poll() -> dict[str, Any] | None:
        job: dict[str, Any] = aws.client("bedrock").get_model_customization_job(jobIdentifier=name)
        return job if job["status"] not in ("InProgress", "Stopping") else None

    return eventually(poll)


def let_events_invoke(aws: Emulator, function_arn: str) -> None:
    """Add the permission that a function needs as the target of a rule."""
    aws.client("lambda").add_permission(
        FunctionName=function_arn,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
