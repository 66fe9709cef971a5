"""An OpenAI-compatible policy server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, Any]]


def completion(text: str, *, finish_reason: str = "stop") -> Reply:
    choice = {"message": {"content": text}, "finish_reason": finish_reason}
    return 200, {"choices": [choice], "usage": {"prompt_tokens": 90, "completion_tokens": 40}}


@dataclass
class PolicyServer:
    """`answer(body, n)` returns the reply; `n` counts requests with the same prompt, from 0."""

    answer: Callable[[dict[str, Any], int], Reply]
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def reply(self, body: dict[str, Any], headers: dict[str, str], lock: threading.Lock) -> Reply:
        with lock:
            number = sum(each["messages"] == body["messages"] for each in self.requests)
            self.requests.append(body)
            self.headers.append(headers)
        return self.answer(body, number)


@contextmanager
def policy_server(answer: Callable[[dict[str, Any], int], Reply]) -> Iterator[PolicyServer]:
    served, lock = PolicyServer(answer), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, reply = served.reply(body, dict(self.headers.items()), lock)
            content = json.dumps(reply).encode()
            self.send_response(status if self.path == "/v1/chat/completions" else 404)
            if "location" in reply:
                self.send_header("Location", reply["location"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
