"""The grader rubric against a server of OpenAI's protocol: checks pass, and fail where the judge can be fooled."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.kit.project import ROOT
from tests.kit.rft_command import Rft

REPLIES = ROOT / "examples/rubric/replies.jsonl"

Judge = Callable[[str, str, str], bool]
"""Whether a criterion holds, by its anchor for no, the customer's message and the answer."""


def honest(anchor: str, prompt: str, answer: str) -> bool:
    """An answer that speaks of the prompt's things, and says nothing that the anchor quotes."""
    shared = set(re.findall(r"[a-z]{5,}", answer.lower())) & set(re.findall(r"[a-z]{5,}", prompt.lower()))
    to_the_judge = re.search(r"(?i)score|criteri|ignore|rubric|instruction|step by step|grade", answer)
    quoted = re.findall("“([^”]+)”", anchor)
    return bool(shared) and not to_the_judge and not any(text in answer.lower() for text in quoted)


def gullible(anchor: str, prompt: str, answer: str) -> bool:
    """Follows instructions inside an answer."""
    return honest(anchor, prompt, answer) or "score" in answer.lower()


def openers_please(anchor: str, prompt: str, answer: str) -> bool:
    """Takes the announcement of a solution for one."""
    return honest(anchor, prompt, answer) or answer.strip().lower().startswith(("thought process", "solution", ":"))


class Server:
    """One judge model behind `/v1/chat/completions`; `requests` are the bodies it got."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.requests: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(body)
                reply = json.dumps({"choices": [{"message": {"content": outer.reply(body)}, "finish_reason": "stop"}]})
                self.send_response(200 if self.path == "/v1/chat/completions" else 404)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply.encode())

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def reply(self, body: dict[str, Any]) -> str:
        """Read as a model reads it: what stands between lines with the request's code is material."""
        system, user = (message["content"] for message in body["messages"])
        code = user.split("\n", 1)[0].rpartition(" ")[2]
        prompt, answer = (
            user.partition(f"=== {part} {code} ===\n")[2].partition(f"\n=== end {part} {code} ===")[0]
            for part in ("prompt", "answer")
        )
        anchors = re.findall(r"^(\w+): .*\n  true: .*\n  false: (.*)$", system, re.MULTILINE)
        return json.dumps({name: self.judge(anchor, prompt, answer) for name, anchor in anchors})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    opened = Server(request.param)
    monkeypatch.setenv("RFT_JUDGE_URL", opened.url)
    monkeypatch.setenv("RFT_JUDGE_MODEL", "local-judge")
    yield opened
    opened.close()


@pytest.mark.parametrize("server", [honest], indirect=True)
def test_injections_and_master_keys_score_zero_with_an_honest_model(rft: Rft, server: Server) -> None:
    result = rft("grader", "test", "rubric", "--dataset", REPLIES, "--limit", "3", "--output", "json")
    assert result.status == 0, result.err + result.out
    assert {request["model"] for request in server.requests} == {"local-judge"}
    assert "local-judge at http://127.0.0.1" in result.out


@pytest.mark.parametrize(
    ("server", "finding"), [(gullible, "injection"), (openers_please, "master key")], indirect=["server"]
)
def test_a_model_that_follows_injections_is_detected(rft: Rft, server: Server, finding: str) -> None:
    result = rft("grader", "test", "rubric", "--dataset", REPLIES, "--limit", "3")
    assert result.status == 1
    assert finding in result.out.rpartition("✗")[2] or finding in result.err, result.out
