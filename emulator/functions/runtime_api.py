"""The Lambda Runtime API for one worker process (AWS Lambda Developer Guide, "Using the Lambda runtime API").

Its address contains a token, passed to the process in its environment, so that no other process can use it.
"""

from __future__ import annotations

import hmac
import queue
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

from emulator.functions.invocation import Invocation, InvokeResult
from emulator.http.local_callers import refusal

PREFIX = "2018-06-01/runtime/"


class RuntimeApi(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._token = secrets.token_urlsafe(24)
        self.queue: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self.current: Invocation | None = None
        self.init_error: InvokeResult | None = None
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Host, port and token; the token is the first part of all paths."""
        return f"127.0.0.1:{self.server_address[1]}/{self._token}"

    def route_of(self, path: str) -> str | None:
        """Return the path after token and API prefix; returns None if either is missing."""
        token, _, rest = path.removeprefix("/").partition("/")
        known = hmac.compare_digest(token.encode(), self._token.encode())
        return rest.removeprefix(PREFIX) if known and rest.startswith(PREFIX) else None

    def enqueue(self, invocation: Invocation) -> None:
        self.queue.put(invocation)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore the broken connection of a killed process; report other errors."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop listening and release a waiting process."""
        self.queue.put(None)
        self.shutdown()
        self.server_close()
        self._thread.join()


class _LongLines:
    """Truncates long header lines: Lambda's client sends up to 1 MB of an error in a header for X-Ray.

    Python's server rejects lines over 64 KB with 431, upon which the client would exit.
    """

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream
        self.read, self.close = stream.read, stream.close

    @property
    def closed(self) -> bool:
        return self._stream.closed

    def readline(self, limit: int = -1) -> bytes:
        line = part = self._stream.readline(limit)
        while len(part) == limit and not part.endswith(b"\n"):
            part = self._stream.readline(limit)
        return line if len(line) < limit or limit < 0 else line[: limit - 3] + b"\r\n"


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # send headers and body in one write

    def setup(self) -> None:
        super().setup()
        self.rfile = _LongLines(self.rfile)  # type: ignore[assignment]

    def do_GET(self) -> None:
        if self._route() != "invocation/next":
            return self._answer(403)
        invocation = self.server.queue.get()
        if invocation is None:
            self.close_connection = True
            return None
        self.server.current = invocation
        invocation.start()
        return self._answer(200, invocation.payload, self._headers_of(invocation))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        route = self._route()
        if route is None:
            return self._answer(403)
        if route == "init/error":
            self.server.init_error = InvokeResult(body, "Unhandled")
        elif (invocation := self.server.current) is not None:
            failed = route.endswith("/error")
            invocation.end(InvokeResult(body, "Unhandled" if failed else None))
        return self._answer(202, b'{"status":"OK"}\n')

    def _route(self) -> str | None:
        foreign = refusal(self.headers.get("Host"), self.headers.get("Origin"))
        return None if foreign else self.server.route_of(self.path)

    def _headers_of(self, invocation: Invocation) -> dict[str, str]:
        return {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.invoked_arn,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
            "Content-Type": "application/json",
        }

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Suppress request logging."""
