"""A loopback server that serves datasets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rft.adapters.dataset_source import RemoteDatasetSource
from rft.settings import StorageSettings

PUBLIC = "93.184.215.14"


BODY = b'[{"a": 1}]'


Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Stands in for an internet host: responds by path and records requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append((self.headers["Host"], self.path))
                outer.answers.get(self.path, reply(404))(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]


def reply(status: int, body: bytes = b"", *, length: int | None = None, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        if length != -1:
            request.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()


def settings(**changes: Any) -> StorageSettings:
    known = {"DATA_BUCKET": "data-bucket", "ALLOWED_HOSTS": "data.example.org,cdn.example.org"}
    return StorageSettings.model_validate(known | changes)


def fetch(source: RemoteDatasetSource, uri: str = "https://data.example.org/a.json") -> bytes:
    with source.open(uri) as opened:
        return opened.stream.read()
