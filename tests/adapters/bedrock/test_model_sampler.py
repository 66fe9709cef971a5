from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from rft.adapters.bedrock.model_sampler import BedrockSampler
from rft.contracts.dataset import Message
from rft.contracts.sampling import SamplingProtocol
from rft.errors import ModelNotInvocable, PromptRefused, RetryableServiceError, RetryableThrottling, RftError

CLIENT = boto3.client(
    "bedrock-runtime", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
)
MODEL = "us.amazon.nova-2-lite-v1:0"
PLAIN = SamplingProtocol(temperature=0.0, max_tokens=512, reasoning_effort="low")
HIGH = SamplingProtocol(temperature=None, max_tokens=None, reasoning_effort="high")
PROMPT = (Message(role="system", content="S"), Message(role="user", content="U"))
REASONING = {"reasoningContent": {"reasoningText": {"text": "[REDACTED]"}}}
ERRORS: dict[str, tuple[int, type[RftError]]] = {
    "AccessDeniedException": (403, ModelNotInvocable),
    "ResourceNotFoundException": (404, ModelNotInvocable),
    "ValidationException": (400, PromptRefused),
    "ThrottlingException": (429, RetryableThrottling),
    "ServiceQuotaExceededException": (400, RetryableThrottling),
    "ModelNotReadyException": (429, RetryableServiceError),
    "ModelTimeoutException": (408, RetryableServiceError),
    "ModelErrorException": (424, RetryableServiceError),
    "InternalServerException": (500, RetryableServiceError),
    "ServiceUnavailableException": (503, RetryableServiceError),
}


@pytest.fixture
def bedrock() -> Iterator[Stubber]:
    with Stubber(CLIENT) as stubber:
        yield stubber


def reply(bedrock: Stubber, *content: dict[str, Any], stop_reason: str = "end_turn", **request: Any) -> None:
    answer = {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 70, "outputTokens": 4, "totalTokens": 74},
        "metrics": {"latencyMs": 5},
    }
    bedrock.add_response("converse", answer, {"modelId": MODEL, **request} if request else None)


def reasoning(effort: str) -> dict[str, Any]:
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}


def test_settings_are_sent_together_with_the_effort(bedrock: Stubber) -> None:
    reply(
        bedrock,
        {"text": "A"},
        messages=[{"role": "user", "content": [{"text": "U"}]}],
        system=[{"text": "S"}],
        inferenceConfig={"maxTokens": 512, "temperature": 0.0},
        additionalModelRequestFields=reasoning("low"),
    )
    sampled = BedrockSampler(CLIENT).sample(MODEL, PROMPT, PLAIN)

    assert (sampled.text, sampled.stop_reason, sampled.input_tokens, sampled.output_tokens) == ("A", "end_turn", 70, 4)


def test_effort_high_sends_no_inference_settings(bedrock: Stubber) -> None:
    reply(
        bedrock,
        {"text": "A"},
        messages=[{"role": "user", "content": [{"text": "U"}]}],
        additionalModelRequestFields=reasoning("high"),
    )
    BedrockSampler(CLIENT).sample(MODEL, PROMPT[1:], HIGH)


def test_the_first_text_counts_after_reasoning(bedrock: Stubber) -> None:
    reply(bedrock, REASONING, {"text": "A"}, {"text": "B"})

    assert BedrockSampler(CLIENT).sample(MODEL, PROMPT, PLAIN).text == "A"


def test_reasoning_that_takes_all_tokens_is_a_truncated_answer(bedrock: Stubber) -> None:
    reply(bedrock, REASONING, stop_reason="max_tokens")
    sampled = BedrockSampler(CLIENT).sample(MODEL, PROMPT, PLAIN)

    assert (sampled.text, sampled.stop_reason) == ("", "max_tokens")


def test_consecutive_turns_of_one_role_are_joined(bedrock: Stubber) -> None:
    messages = [
        Message(role="developer", content="D"),
        Message(role="user", content="1"),
        Message(role="assistant", content="2"),
        Message(role="tool", content="3"),
        Message(role="user", content="4"),
    ]
    reply(
        bedrock,
        {"text": "A"},
        system=[{"text": "D"}],
        messages=[
            {"role": "user", "content": [{"text": "1"}]},
            {"role": "assistant", "content": [{"text": "2"}]},
            {"role": "user", "content": [{"text": "3"}, {"text": "4"}]},
        ],
        additionalModelRequestFields=reasoning("high"),
    )
    BedrockSampler(CLIENT).sample(MODEL, messages, HIGH)


@pytest.mark.parametrize("code", ERRORS)
def test_each_error_is_mapped(bedrock: Stubber, code: str) -> None:
    status, expected = ERRORS[code]
    bedrock.add_client_error("converse", code, "why", http_status_code=status)
    with pytest.raises(expected, match="why"):
        BedrockSampler(CLIENT).sample(MODEL, PROMPT, PLAIN)


def test_every_documented_error_is_mapped() -> None:
    documented = {shape.name for shape in CLIENT.meta.service_model.operation_model("Converse").error_shapes}

    assert documented <= set(ERRORS) | {"ServiceQuotaExceededException"}
