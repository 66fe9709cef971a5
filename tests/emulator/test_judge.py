"""The judge behind Converse: the stand-in's rules, and the user's own server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from emulator.bedrock.converse import Converse
from emulator.bedrock.jobs import Jobs
from emulator.bedrock.judge import STAND_IN, server_model_id, stand_in_reply
from emulator.bedrock.models import Models
from emulator.clock import ScaledClock
from emulator.faults import Faults
from emulator.http.replies import AwsError
from emulator.options import EmulatorOptions
from emulator.simulator.answers import ModelAnswers
from emulator.simulator.known_rows import KnownRows
from rft.rewards.judge_prompt import read_reply, render
from rft.rewards.pandalm_rubric import NAMES, SYSTEM

CODE = "0123456789abcdef" * 2
NONE_DEPLOYED = ModelAnswers(
    Models(Jobs(region="us-east-1", account="123456789012", concurrent=1), Faults(), seconds=0),
    KnownRows(lambda: None, lambda _: []),
    seed=1,
)
GOOD = (
    "Response 1 names three fruits as asked, while Response 2 talks about vegetables and adds a joke. "
    "The first follows the task."
)


def judged(verdict: str, reasoning: str) -> dict[str, bool]:
    prompt = render({"comparison": "Name fruits.", "verdict": verdict, "reasoning": reasoning}, code=CODE)
    return read_reply(stand_in_reply(SYSTEM, prompt).text, NAMES)


def test_reasons_about_both_responses_meet_every_criterion() -> None:
    assert all(judged("Response 1", GOOD).values())
    assert judged("Response 1", GOOD) == judged("Response 1", GOOD)


def test_empty_reasons_meet_no_criterion() -> None:
    assert not any(judged("Response 1", "Response 1 is better because it is better.").values())
    assert not any(judged("Tie", ":").values())


def test_a_conclusion_against_the_verdict_does_not_support_it() -> None:
    assert not judged("Response 2", GOOD)["supports_verdict"]


def test_a_prompt_that_is_no_rubric_gets_no_verdict() -> None:
    assert "emulated" in stand_in_reply("", "What is the capital of France?").text


def test_converse_names_the_emulated_model() -> None:
    reply = Converse(EmulatorOptions(judge_url=None), ScaledClock(1), Faults(), NONE_DEPLOYED).answer(
        STAND_IN, turn("hello")
    )
    assert reply["additionalModelResponseFields"] == {
        "emulated": True,
        "answered_by": "emulated stand-in",
        "asked_for": STAND_IN,
    }
    assert reply["stopReason"] == "end_turn"
    assert reply["usage"]["totalTokens"] == reply["usage"]["inputTokens"] + reply["usage"]["outputTokens"] > 0


def turn(text: str) -> dict[str, Any]:
    return {
        "system": [{"text": "be brief"}],
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": {"maxTokens": 5},
    }


class _Server(HTTPServer):
    status = 200
    reply: Any = None
    seen: Any = None


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen = (self.path, body)
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.reply).encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def converse(server: _Server) -> Converse:
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    return Converse(EmulatorOptions(judge_url=url, judge_model="small"), ScaledClock(1), Faults(), NONE_DEPLOYED)


def test_a_users_own_server_is_called_with_the_openai_api(server: _Server) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    server.reply = {"choices": [{"message": {"content": "yes"}, "finish_reason": "length"}], "usage": usage}
    reply = converse(server).answer("vendor.model", turn("hello"))
    path, body = server.seen
    assert path == "/v1/chat/completions"
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("small", 0, 5)
    assert [(m["role"], m["content"]) for m in body["messages"]] == [("system", "be brief"), ("user", "hello")]
    assert reply["output"]["message"]["content"] == [{"text": "yes"}]
    assert (reply["stopReason"], reply["usage"]["totalTokens"]) == ("max_tokens", 9)
    assert "small at http://" in reply["additionalModelResponseFields"]["answered_by"]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(429, {}, "ThrottlingException"), (500, {}, "ModelErrorException"), (200, {"choices": []}, "ModelErrorException")],
)
def test_a_server_failure_or_unusable_reply_is_an_error(server: _Server, status: int, body: Any, code: str) -> None:
    server.status, server.reply = status, body
    with pytest.raises(AwsError) as caught:
        converse(server).answer("vendor.model", turn("hello"))
    assert caught.value.code == code


def test_the_model_ids_match_the_template_parameters_pattern() -> None:
    assert server_model_id("llama 3/8b") == "judge-server.llama-3-8b"
