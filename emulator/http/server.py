"""A threaded WSGI server on a loopback port; `close` joins all threads."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer

from emulator.http.local_callers import local_callers_only
from emulator.moto.setup import RequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


BACKLOG = 128


class _Handler(RequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: Nagle would delay each response by 40 ms

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Suppress request logging."""


def listen(port: int = 0) -> socket.socket:
    """Listen on 127.0.0.1; port 0 lets the system choose. Raises OSError if the port is in use."""
    listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    listener.set_inheritable(False)
    return listener


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


class LoopbackServer(ThreadedWSGIServer):
    """Serves `app` on a socket opened by `listen`, from construction until `close`. Rejects requests from web pages."""

    daemon_threads = True

    def __init__(self, app: WSGIApplication, listener: socket.socket) -> None:
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        with listener:
            host, port = listener.getsockname()
            super().__init__(host, port, local_callers_only(app), handler=_Handler, fd=listener.fileno())
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._lock:
            # so that `close` can shut it down
            self._connections[request] = threading.current_thread()
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of closed connections; exceptions of the application are answered with 500."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Suppress werkzeug's logging."""

    def close(self) -> None:
        """Stop listening, close all connections and join the threads."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._lock:
            connections = dict(self._connections)
        for connection, thread in connections.items():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)
