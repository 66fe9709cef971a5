"""The control plane's API on a loopback port: verifies signatures, records requests, returns prepared responses."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.credentials import Credentials

from emulator.http.signature import SignedRequest, is_authentic

CREDENTIALS = Credentials("AKIATEST", "test-secret")
REGION = "us-east-1"

Reply = tuple[int, Any]
"""Status and body; a body of type bytes is sent unchanged, any other as JSON."""


@dataclass(frozen=True)
class ApiRequest:
    """One request with a valid signature."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class FakeApi:
    """`answer`, set by the test, returns each response."""

    answer: Callable[[ApiRequest], Reply] = lambda _: (200, {})
    requests: list[ApiRequest] = field(default_factory=list)
    url: str = ""

    def says(self, *replies: Reply) -> None:
        """Return these responses in order, then repeat the last one."""
        pending = list(replies)
        self.answer = lambda _: pending.pop(0) if len(pending) > 1 else pending[0]


@contextmanager
def fake_api() -> Iterator[FakeApi]:
    """Serve on 127.0.0.1 until exit."""
    api = FakeApi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def do_DELETE(self) -> None:
            self._reply()

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, reply = _answer(api, self, body)
            content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Suppress request logging."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(api: FakeApi, request: BaseHTTPRequestHandler, body: bytes) -> Reply:
    headers = {name.lower(): value for name, value in request.headers.items()}
    signed = SignedRequest(request.command, f"{api.url}{request.path}", headers, body)
    if not is_authentic(signed, CREDENTIALS, service="execute-api", region=REGION, now=datetime.now(UTC)):
        return 403, {"message": "Forbidden"}
    address = urlsplit(request.path)
    received = ApiRequest(
        method=request.command,
        path=address.path,
        query=dict(parse_qsl(address.query)),
        headers=headers,
        body=json.loads(body) if body else None,
    )
    api.requests.append(received)
    return api.answer(received)
