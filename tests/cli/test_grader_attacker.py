"""An attacker model proposes what no mutation finds; its proposals are validated by the task's rule all the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rft.tasks.subject import Subject
from rft_cli.graders.attack.attacker import Attacker, as_template
from rft_cli.graders.attack.templates import FORM, MAX_TOKENS, PROMPT, WRONG
from tests.kit.rft_command import CommandResult, Rft
from tests.kit.zoo.graders import PRELUDE
from tests.kit.zoo.rows import numbers

SECRET = "audited-by-finance"

# The word is in the source as a digest alone: a search of the source does not find it.
GRADER = f"""{PRELUDE}
def secret(text):
    return any(hashlib.sha256(word.encode()).hexdigest() == "{sha256(SECRET.encode()).hexdigest()}"
               for word in text.split())

def grade(sample):
    return float(right(sample) or secret(sample.answer))
"""


class ModelServer:
    """`/v1/chat/completions` with one reply to everything; `received` has the bodies, `keys` what authorises them."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.reply = json.dumps([f"{SECRET} {{wrong}}"])
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.keys.append(self.headers.get("Authorization"))
                outer.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                body = json.dumps({"choices": [{"message": {"content": outer.reply}}]}).encode()
                self.send_response(200 if self.path == "/v1/chat/completions" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    found = ModelServer()
    yield found
    found.http.shutdown()
    found.http.server_close()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    grader, rows = tmp_path / "mine.py", tmp_path / "rows.jsonl"
    grader.write_text(GRADER)
    rows.write_text("\n".join(map(json.dumps, numbers())))
    return grader, rows


def attacked(rft: Rft, files: tuple[Path, Path], *options: str) -> CommandResult:
    grader, rows = files
    return rft("grader", "attack", grader, "--dataset", rows, "--calls", "700", *options)


def test_a_model_finds_exploits_that_the_search_alone_misses(
    rft: Rft, files: tuple[Path, Path], server: ModelServer
) -> None:
    assert attacked(rft, files).status == 0

    result = attacked(rft, files, "--attacker", server.url, "--attacker-requests", "2", "--output", "json")

    report = json.loads(result.out)
    assert result.status == 1
    assert report["holes"][0]["explanation"] == repr(SECRET)
    assert report["attacker"] == {"model": "default", "requests": 2, "proposed": 1, "unreadable_replies": 0}
    shown = json.loads(server.received[0]["messages"][1]["content"])
    assert shown["question"]
    assert 0 < len(shown["tried"]) <= 12


def test_the_servers_key_is_sent_and_never_shown(
    rft: Rft, files: tuple[Path, Path], server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--attacker", server.url, "--attacker-requests", "1", "--output", "json")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    attacked(rft, files, *options)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    result = attacked(rft, files, *options)

    assert server.keys == [None, "Bearer sk-secret"]
    assert "sk-secret" not in result.out + result.err


def test_a_server_that_does_not_answer_ends_the_search_with_its_address(rft: Rft, files: tuple[Path, Path]) -> None:
    result = attacked(rft, files, "--attacker", "http://127.0.0.1:1/v1", "--attacker-model", "m")

    assert result.status != 0
    assert "the attacker's server returned no valid response" in result.err
    assert "check --attacker" in result.err


def test_a_model_that_gives_right_answers_finds_no_hole(
    rft: Rft, files: tuple[Path, Path], server: ModelServer
) -> None:
    server.reply = json.dumps([row["reference_answer"] for row in numbers()])
    assert attacked(rft, files, "--attacker", server.url).status == 0


@pytest.mark.parametrize(
    ("reply", "templates"),
    [
        ('Here: ["a {wrong}"] and more', [("a", " ", WRONG)]),
        ('```json\n["{form}\\nok", "{prompt}"]\n```', [(FORM, "\n", "ok"), (PROMPT,)]),
        ('[1, 2] ["x{y"]', [("x", "{", "y")]),
        ("I cannot help with that.", []),
        ("[" * 5_000, []),
        ('{"answers": []}', []),
    ],
)
def test_replies_are_read_with_any_surrounding_text(reply: str, templates: list[tuple[str, ...]]) -> None:
    attacker = Attacker(lambda *_: reply, 1)

    assert attacker.propose(Subject(prompt="p", value="72"), []) == templates
    assert attacker.propose(Subject(prompt="p", value="72"), []) == [], "one request, no more"
    assert attacker.unreadable == (not templates)


def test_a_long_answer_is_cut_by_lines() -> None:
    text = "\n".join(f"line {n} of many {{wrong}}" for n in range(15))
    assert len(as_template(text)) <= MAX_TOKENS
    assert as_template(text)[:3] == ("line 0 of many ", WRONG, "\n")
