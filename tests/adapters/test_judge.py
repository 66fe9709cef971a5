from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from rft.adapters.judge import MAX_TOKENS, BedrockJudge
from rft.errors import JudgeError, JudgeRefused, JudgeReplyInvalid, JudgeUnavailable

MODEL = "us.amazon.nova-pro-v1:0"
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


def ask() -> Any:
    return BedrockJudge(CLIENT, model_id=MODEL).ask(system="S", user="U")


def answers(bedrock: Stubber, *content: dict[str, Any], stop_reason: str = "end_turn") -> None:
    reply = {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 70, "outputTokens": 4, "totalTokens": 74},
        "metrics": {"latencyMs": 5},
    }
    request = {
        "modelId": MODEL,
        "system": [{"text": "S"}],
        "messages": [{"role": "user", "content": [{"text": "U"}]}],
        "inferenceConfig": {"temperature": 0, "maxTokens": MAX_TOKENS},
    }
    bedrock.add_response("converse", reply, request)


def test_one_question_at_temperature_zero(bedrock: Stubber) -> None:
    answers(bedrock, {"text": '{"a": '}, {"text": "true}"})

    reply = ask()

    assert (reply.text, reply.stop_reason) == ('{"a": true}', "end_turn")
    assert (reply.input_tokens, reply.output_tokens) == (70, 4)


def test_thinking_is_no_part_of_the_text(bedrock: Stubber) -> None:
    answers(bedrock, {"reasoningContent": {"reasoningText": {"text": "Let me see."}}}, {"text": "{}"})

    assert ask().text == "{}"


@pytest.mark.parametrize("content", [[], [{"text": " \n"}], [{"reasoningContent": {"reasoningText": {"text": "Hm"}}}]])
def test_running_out_of_tokens_before_any_text_is_no_answer(bedrock: Stubber, content: list[dict[str, Any]]) -> None:
    answers(bedrock, *content, stop_reason="max_tokens")

    with pytest.raises(JudgeReplyInvalid, match="max_tokens"):
        ask()


@pytest.mark.parametrize("stop_reason", ["guardrail_intervened", "content_filtered"])
def test_a_withheld_answer_is_no_answer_whatever_stands_in_its_place(bedrock: Stubber, stop_reason: str) -> None:
    answers(bedrock, {"text": "Sorry, the model cannot answer this question."}, stop_reason=stop_reason)

    with pytest.raises(JudgeReplyInvalid, match=stop_reason):
        ask()


@pytest.mark.parametrize(("code", "status"), UNAVAILABLE.items())
def test_throttling_and_faults_can_be_waited_out(bedrock: Stubber, code: str, status: int) -> None:
    bedrock.add_client_error("converse", code, "no", status)

    with pytest.raises(JudgeUnavailable, match=code):
        ask()


@pytest.mark.parametrize(("code", "status"), REFUSED.items())
def test_a_refused_call_is_not_worth_repeating(bedrock: Stubber, code: str, status: int) -> None:
    bedrock.add_client_error("converse", code, "no", status)

    with pytest.raises(JudgeRefused, match=code):
        ask()


def test_every_error_that_converse_documents_is_one_of_ours() -> None:
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
def test_a_judge_that_cannot_be_reached_is_unavailable(error: Exception) -> None:
    class Unreachable:
        def converse(self, **_: Any) -> Any:
            raise error

    with pytest.raises(JudgeUnavailable) as raised:
        BedrockJudge(Unreachable(), model_id=MODEL).ask(system="S", user="U")
    assert isinstance(raised.value, JudgeError)
