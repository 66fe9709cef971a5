from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from rft.adapters.bedrock.judge import BedrockJudge
from rft.adapters.bedrock.judge_models import PLAIN_TOKENS, THINKING_TOKENS, ModelCapabilities, capabilities
from rft.errors import JudgeError, JudgeRefused, JudgeReplyInvalid, JudgeThrottled, JudgeUnavailable

MODEL = "deepseek.v3-v1:0"
STRUCTURED = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
SCHEMA = {"type": "object"}
CACHE_POINT = {"cachePoint": {"type": "default"}}
FORMAT = {"type": "json_schema", "structure": {"jsonSchema": {"name": "judgment", "schema": '{"type": "object"}'}}}
CLIENT = boto3.client(
    "bedrock-runtime", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
)
DOCUMENTED = {shape.name for shape in CLIENT.meta.service_model.operation_model("Converse").error_shapes}
UNAVAILABLE = {
    "ThrottlingException": 429,
    "ServiceQuotaExceededException": 400,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
    "ModelErrorException": 424,
    "ModelNotReadyException": 429,
    "ModelTimeoutException": 408,
}
REFUSED = {"AccessDeniedException": 403, "ResourceNotFoundException": 404, "ValidationException": 400}


@pytest.fixture
def bedrock() -> Iterator[Stubber]:
    with Stubber(CLIENT) as stubber:
        yield stubber


def complete() -> Any:
    return BedrockJudge(CLIENT, model_id=MODEL).complete(system="S", user="U", schema=SCHEMA)


def answers(
    bedrock: Stubber, *content: dict[str, Any], stop_reason: str = "end_turn", cached: int = 0, **request: Any
) -> None:
    reply = {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 70, "outputTokens": 4, "totalTokens": 74, "cacheReadInputTokens": cached},
        "metrics": {"latencyMs": 5},
    }
    bedrock.add_response("converse", reply, plain() | request)


def plain(model: str = MODEL) -> dict[str, Any]:
    return {
        "modelId": model,
        "system": [{"text": "S"}],
        "messages": [{"role": "user", "content": [{"text": "U"}]}],
        "inferenceConfig": {"temperature": 0, "maxTokens": PLAIN_TOKENS},
    }


def test_a_request_is_one_message_at_temperature_zero(bedrock: Stubber) -> None:
    answers(bedrock, {"text": '{"a": '}, {"text": "true}"})

    reply = complete()

    assert (reply.text, reply.stop_reason) == ('{"a": true}', "end_turn")
    assert (reply.input_tokens, reply.output_tokens) == (70, 4)


def test_thinking_is_not_part_of_the_text(bedrock: Stubber) -> None:
    answers(bedrock, {"reasoningContent": {"reasoningText": {"text": "Let me see."}}}, {"text": "{}"})

    assert complete().text == "{}"


@pytest.mark.parametrize("content", [[], [{"text": " \n"}], [{"reasoningContent": {"reasoningText": {"text": "Hm"}}}]])
def test_a_reply_truncated_before_any_text_is_invalid(bedrock: Stubber, content: list[dict[str, Any]]) -> None:
    answers(bedrock, *content, stop_reason="max_tokens")

    with pytest.raises(JudgeReplyInvalid, match="max_tokens"):
        complete()


@pytest.mark.parametrize("stop_reason", ["guardrail_intervened", "content_filtered"])
def test_a_withheld_reply_is_invalid_whatever_replaces_it(bedrock: Stubber, stop_reason: str) -> None:
    answers(bedrock, {"text": "Sorry, the model cannot answer this question."}, stop_reason=stop_reason)

    with pytest.raises(JudgeReplyInvalid, match=stop_reason):
        complete()


@pytest.mark.parametrize(("code", "status"), UNAVAILABLE.items())
def test_throttling_and_faults_are_retryable(bedrock: Stubber, code: str, status: int) -> None:
    bedrock.add_client_error("converse", code, "no", status)

    with pytest.raises(JudgeUnavailable, match=code):
        complete()


@pytest.mark.parametrize(("code", "status"), REFUSED.items())
def test_a_refused_call_is_not_retryable(bedrock: Stubber, code: str, status: int) -> None:
    bedrock.add_client_error("converse", code, "no", status)

    with pytest.raises(JudgeRefused, match=code):
        complete()


def test_every_documented_error_of_converse_is_mapped() -> None:
    assert UNAVAILABLE.keys() | REFUSED.keys() >= DOCUMENTED


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://bedrock"),
        ConnectTimeoutError(endpoint_url="https://bedrock"),
        EndpointConnectionError(endpoint_url="https://bedrock"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_unreachable_judge_is_unavailable(error: Exception) -> None:
    class Unreachable:
        def converse(self, **_: Any) -> Any:
            raise error

    with pytest.raises(JudgeUnavailable) as raised:
        BedrockJudge(Unreachable(), model_id=MODEL).complete(system="S", user="U", schema=SCHEMA)
    assert isinstance(raised.value, JudgeError)
    assert not isinstance(raised.value, JudgeThrottled)


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 429), ("ServiceQuotaExceededException", 400)])
def test_throttling_is_distinguished_from_a_fault(bedrock: Stubber, code: str, status: int) -> None:
    bedrock.add_client_error("converse", code, "no", status)

    with pytest.raises(JudgeThrottled):
        complete()


def test_tokens_read_from_the_models_cache_are_reported(bedrock: Stubber) -> None:
    answers(bedrock, {"text": "{}"}, cached=64)

    assert complete().cached_tokens == 64


def test_schema_and_prompt_cache_are_used_where_supported(bedrock: Stubber) -> None:
    rich = plain(STRUCTURED) | {"system": [{"text": "S"}, CACHE_POINT], "outputConfig": {"textFormat": FORMAT}}
    answers(bedrock, {"text": "{}"}, **rich)

    BedrockJudge(CLIENT, model_id=STRUCTURED).complete(system="S", user="U", schema=SCHEMA)


@pytest.mark.parametrize(("choice", "request_"), [("on", {"outputConfig": {"textFormat": FORMAT}}), ("off", {})])
def test_configured_options_override_the_models_capabilities(
    bedrock: Stubber, choice: Any, request_: dict[str, Any]
) -> None:
    for model in (MODEL, STRUCTURED):
        answers(bedrock, {"text": "{}"}, **plain(model), **request_)
        judge = BedrockJudge(CLIENT, model_id=model, structured_output=choice, prompt_caching="off")
        judge.complete(system="S", user="U", schema=SCHEMA)


def test_an_option_that_the_model_refuses_is_not_sent_again(bedrock: Stubber) -> None:
    bedrock.add_client_error("converse", "ValidationException", "This model doesn't support outputConfig", 400)
    answers(bedrock, {"text": "{}"}, **plain(STRUCTURED))
    answers(bedrock, {"text": "{}"}, **plain(STRUCTURED))
    judge = BedrockJudge(CLIENT, model_id=STRUCTURED)

    judge.complete(system="S", user="U", schema=SCHEMA)
    judge.complete(system="S", user="U", schema=SCHEMA)

    bedrock.assert_no_pending_responses()


def test_an_invalid_request_is_refused_and_changes_no_capability(bedrock: Stubber) -> None:
    judge = BedrockJudge(CLIENT, model_id=STRUCTURED)
    for _ in range(2):
        bedrock.add_client_error("converse", "ValidationException", "Input is too long", 400)
        bedrock.add_client_error("converse", "ValidationException", "Input is too long", 400)
        with pytest.raises(JudgeRefused, match="too long"):
            judge.complete(system="S", user="U", schema=SCHEMA)


@pytest.mark.parametrize("prefix", ["", "us.", "eu.", "global.", "arn:aws:bedrock:us-east-1:1:inference-profile/us."])
def test_a_models_capabilities_are_the_same_in_every_region(prefix: str) -> None:
    assert capabilities(f"{prefix}anthropic.claude-sonnet-4-5-20250929-v1:0") == ModelCapabilities(
        structured=True, caches=True
    )


@pytest.mark.parametrize(
    ("model", "tokens", "sampling"),
    [
        ("deepseek.r1-v1:0", THINKING_TOKENS, True),
        ("openai.gpt-oss-120b-1:0", THINKING_TOKENS, True),
        ("anthropic.claude-opus-4-8", THINKING_TOKENS, False),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", PLAIN_TOKENS, True),
        ("meta.llama3-3-70b-instruct-v1:0", PLAIN_TOKENS, True),
    ],
)
def test_reasoning_models_get_additional_tokens(model: str, tokens: int, sampling: bool) -> None:
    assert (capabilities(model).max_tokens, capabilities(model).sampling) == (tokens, sampling)
