"""`rft calibrate`: a model answers a file's training rows, and the run's grader scores its answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.bedrock.judge import server_reply
from emulator.http.replies import AwsError
from rft.contracts.dataset import Message
from rft.contracts.sampling import SamplingProtocol
from rft.errors import ModelNotInvocable, PromptRefused, RetryableServiceError, RetryableThrottling
from rft_cli.models.openai_sampler import OpenAiSampler
from tests.kit.policy_server import Reply, completion, policy_server
from tests.kit.project import ROOT
from tests.kit.rft_command import Rft

QUESTIONS = ROOT / "examples/gsm8k/questions.jsonl"
ANSWERS = {
    line["question"]: line["answer"].rpartition("#### ")[2]
    for line in map(json.loads, QUESTIONS.read_text("utf-8").splitlines())
}
SMALL = ("--task", "gsm8k", "--rows", "10", "--samples", "2", "--model-name", "tiny")


def truth(body: dict[str, Any]) -> str:
    prompt = body["messages"][-1]["content"]
    return next(str(answer) for question, answer in ANSWERS.items() if question in prompt)


def sometimes(body: dict[str, Any], number: int) -> Reply:
    """Every other answer to a prompt is right, and the wrong one was cut off."""
    return completion(f"#### {truth(body)}") if number else completion("#### 1", finish_reason="length")


def always(body: dict[str, Any], _: int) -> Reply:
    return completion(f"#### {truth(body)}")


def test_a_model_that_is_sometimes_right_can_learn(rft: Rft) -> None:
    with policy_server(sometimes) as server:
        result = rft("calibrate", QUESTIONS, *SMALL, "--model", f"openai:{server.url}", "--output", "json")
    report = result.json
    summary = report["summary"]

    assert (result.status, summary["difficulty"]) == (0, "learnable")
    assert (summary["between"]["hits"], summary["rows"], len(server.requests)) == (10, 10, 20)
    assert summary["mean_score"] == pytest.approx(0.5, abs=0.1)
    assert (summary["use"]["truncated"], summary["use"]["output_tokens"]) == (10, 800)
    assert summary["recommended"]["inferenceMaxTokens"] > server.requests[0]["max_tokens"]
    assert {(each["model"], each["temperature"]) for each in server.requests} == {("tiny", 1)}
    assert any("reasoningEffort: not sent" in each for each in report["unmatched"])


def test_a_model_that_is_always_right_has_nothing_to_learn(rft: Rft) -> None:
    with policy_server(always) as server:
        result = rft("calibrate", QUESTIONS, *SMALL, "--model", f"openai:{server.url}")
    assert result.status == 1
    for text in ("mostly solved", "all right   100% of 10 rows", f"tiny at {server.url}", "the mean score is"):
        assert text.replace(" ", "") in result.out.replace(" ", "")


def test_a_local_grader_file_grades_the_answers(rft: Rft, tmp_path: Any) -> None:
    (tmp_path / "mine.py").write_text("def grade(sample):\n    return 0.0\n")
    with policy_server(always) as server:
        model = ("--model", f"openai:{server.url}", "--grader", tmp_path / "mine.py", "--output", "json")
        report = rft("calibrate", QUESTIONS, *SMALL, *model).json
    assert (report["summary"]["difficulty"], report["summary"]["mean_score"]) == ("hopeless", 0)


def test_a_server_that_refuses_ends_the_command_with_its_reason(rft: Rft) -> None:
    with policy_server(lambda *_: (401, {"error": "bad key"})) as server:
        result = rft("calibrate", QUESTIONS, *SMALL, "--model", f"openai:{server.url}")
    assert result.status == 1
    assert "answered HTTP 401" in result.err
    assert "bad key" in result.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--model", "claude"), "use bedrock:MODEL_ID, or openai:URL"),
        (("--model", "openai:localhost"), "use bedrock:MODEL_ID, or openai:URL"),
        (("--model", "openai:http://[::1"), "use bedrock:MODEL_ID, or openai:URL"),
        (("--model", "openai:http://127.0.0.1:99999/v1"), "use bedrock:MODEL_ID, or openai:URL"),
        (("--model", "openai:http://me:secret@127.0.0.1:9/v1"), "use bedrock:MODEL_ID, or openai:URL"),
        (("--model", "openai:file:///etc/passwd"), "use bedrock:MODEL_ID, or openai:URL"),
        (("--model", "openai:http://127.0.0.1:9/v1", "--effort", "max"), "use low, medium or high"),
        (("--model", "openai:http://127.0.0.1:9/v1"), "cannot be reached"),
    ],
)
def test_an_invalid_call_is_refused_with_advice(rft: Rft, options: tuple[str, ...], words: str) -> None:
    result = rft("calibrate", QUESTIONS, *SMALL, *options)
    assert (result.status, result.out) == (1, "")
    assert words in result.err


PROTOCOL = SamplingProtocol(temperature=1, max_tokens=16, reasoning_effort=None)
PROMPT = [Message(role="system", content="Be brief."), Message(role="user", content="Hello")]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, PromptRefused),
        (403, ModelNotInvocable),
        (404, ModelNotInvocable),
        (422, PromptRefused),
        (429, RetryableThrottling),
        (503, RetryableServiceError),
    ],
)
def test_each_http_error_becomes_a_sampler_error(status: int, error: type[Exception]) -> None:
    with policy_server(lambda *_: (status, {})) as server, pytest.raises(error):
        OpenAiSampler(server.url).sample("tiny", PROMPT, PROTOCOL)


def test_a_key_is_sent_and_never_shown() -> None:
    with policy_server(lambda *_: completion("Hi", finish_reason="length")) as server:
        sampler = OpenAiSampler(server.url, "sk-secret")
        found = sampler.sample("tiny", PROMPT, PROTOCOL)
    assert server.headers[0]["Authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in repr(sampler)
    assert (found.text, found.stop_reason, found.input_tokens, found.output_tokens) == ("Hi", "max_tokens", 90, 40)
    assert [each["role"] for each in server.requests[0]["messages"]] == ["system", "user"]


@pytest.mark.parametrize(
    "choices",
    [
        [],
        None,
        {},
        [{"message": None}],
        [{"message": {"content": [{"type": "text", "text": "Hi"}]}}],
        [{"message": {"content": "Hi"}, "finish_reason": ["stop"]}],
    ],
)
def test_a_malformed_response_is_an_error(choices: Any) -> None:
    with policy_server(lambda *_: (200, {"choices": choices})) as server:
        with pytest.raises(RetryableServiceError):
            OpenAiSampler(server.url).sample("tiny", PROMPT, PROTOCOL)
        with pytest.raises(AwsError) as refused:
            server_reply(server.url, "tiny", system="", user="", max_tokens=None, timeout=9)
    assert refused.value.code == "ModelErrorException"


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_does_not_carry_the_key_to_another_server(status: int) -> None:
    with policy_server(lambda *_: completion("Hi")) as other:
        moved = {"location": f"{other.url}/chat/completions"}
        with policy_server(lambda *_: (status, moved)) as server, pytest.raises(ModelNotInvocable, match=str(status)):
            OpenAiSampler(server.url, "sk-secret").sample("tiny", PROMPT, PROTOCOL)
    assert other.requests == []
