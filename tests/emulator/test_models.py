"""Converse with the base model and with deployments that are updated."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.faults import Fault
from tests.kit.emulated_jobs import create, ended, put_rows
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

BASE_ID = "us.amazon.nova-2-lite-v1:0"
HIGH = {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}


@pytest.fixture(scope="module")
def models(aws: Emulator) -> list[str]:
    """ARNs of the models of two jobs."""
    for name in ("models-a", "models-b"):
        create(aws, name)
    return [ended(aws, name)["outputModelArn"] for name in ("models-a", "models-b")]


@pytest.fixture(scope="module")
def rows(aws: Emulator) -> str:
    return put_rows(aws, "runs/r1/dataset/train-100.jsonl", 100)


def reply(aws: Emulator, model_id: str, prompt: str, **more: Any) -> dict[str, Any]:
    messages: Any = [{"role": "user", "content": [{"text": prompt}]}]
    return dict(aws.client("bedrock-runtime").converse(modelId=model_id, messages=messages, **more))


def text(answer: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


def deployment(aws: Emulator, name: str) -> dict[str, Any]:
    return dict(aws.client("bedrock").get_custom_model_deployment(customModelDeploymentIdentifier=name))


def test_the_base_model_answers_prepared_rows_with_its_initial_mix(aws: Emulator, rows: str) -> None:
    answers = [text(reply(aws, BASE_ID, f"question {n}", inferenceConfig={"temperature": 1})) for n in range(60)]
    right = sum(answer == f"right {n}" for n, answer in enumerate(answers))

    assert 12 <= right <= 45, "the base mix is right in 45 of 100 answers"
    assert text(reply(aws, BASE_ID, "none of them")).startswith("[simulated]")


def test_temperature_0_repeats_one_answer_and_1_varies(aws: Emulator, rows: str) -> None:
    def drawn(temperature: float) -> set[str]:
        setting = {"temperature": temperature}
        answers = [reply(aws, BASE_ID, "question 7", inferenceConfig=setting) for _ in range(12)]
        return {str(answer["output"]["message"]["content"]) for answer in answers}

    assert len(drawn(0)) == 1
    assert len(drawn(1)) > 1


@pytest.mark.parametrize("setting", [{"maxTokens": 10}, {"temperature": 0.0}, {"topP": 0.5}])
def test_effort_high_refuses_inference_settings(aws: Emulator, rows: str, setting: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="cannot be set with maxReasoningEffort high"):
        reply(aws, BASE_ID, "question 1", inferenceConfig=setting, additionalModelRequestFields=HIGH)


def test_reasoning_comes_before_the_text(aws: Emulator, rows: str) -> None:
    content = reply(aws, BASE_ID, "question 3", additionalModelRequestFields=HIGH)["output"]["message"]["content"]

    assert "reasoningContent" in content[0]


def test_an_answer_ends_at_its_token_limit(aws: Emulator, rows: str) -> None:
    answer = reply(aws, BASE_ID, "none of them", inferenceConfig={"maxTokens": 3})

    assert (answer["stopReason"], answer["usage"]["outputTokens"]) == ("max_tokens", 3)


def test_an_update_switches_models_while_the_deployment_is_active(aws: Emulator, models: list[str]) -> None:
    bedrock = aws.client("bedrock")
    tags = [{"key": "rft:run-id", "value": "r1"}]
    arn = bedrock.create_custom_model_deployment(modelDeploymentName="swapped", modelArn=models[0], tags=tags)[
        "customModelDeploymentArn"
    ]
    with pytest.raises(ClientError, match="is Creating"):
        bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=models[1])
    eventually(lambda: deployment(aws, arn)["status"] == "Active")
    bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=models[1])
    updating = deployment(aws, "swapped")

    assert (updating["status"], updating["modelArn"]) == ("Active", models[0])
    assert updating["updateDetails"] == {"modelArn": models[1], "updateStatus": "Updating"}
    with pytest.raises(ClientError, match="being updated"):
        bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=models[0])
    eventually(lambda: deployment(aws, arn)["updateDetails"]["updateStatus"] == "UpdateCompleted")
    assert deployment(aws, arn)["modelArn"] == models[1]
    assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == tags


def test_an_update_can_fail_and_leaves_the_earlier_model(aws: Emulator, models: list[str]) -> None:
    bedrock = aws.client("bedrock")
    bedrock.create_custom_model_deployment(modelDeploymentName="stays", modelArn=models[0])
    eventually(lambda: deployment(aws, "stays")["status"] == "Active")
    aws.faults.add(Fault(service="bedrock", operation="UpdateDeployment", subject="stays", effect="fail"))
    bedrock.update_custom_model_deployment(customModelDeploymentIdentifier="stays", modelArn=models[1])
    eventually(lambda: deployment(aws, "stays")["updateDetails"]["updateStatus"] == "UpdateFailed")

    assert deployment(aws, "stays")["modelArn"] == models[0]


def test_a_deployment_can_hang(aws: Emulator, models: list[str]) -> None:
    aws.faults.add(Fault(service="bedrock", operation="Deploy", subject="hangs", effect="hang"))
    aws.client("bedrock").create_custom_model_deployment(modelDeploymentName="hangs", modelArn=models[0])
    eventually(aws.faults.injected)

    assert deployment(aws, "hangs")["status"] == "Creating"
    aws.client("bedrock").delete_custom_model_deployment(customModelDeploymentIdentifier="hangs")
