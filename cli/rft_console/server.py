"""Serves the console on loopback with a threaded WSGI server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from rft_client.api_client import ApiClient
from rft_console.access import Access
from rft_console.app import create_app
from rft_console.context import Console

LOOPBACK = "127.0.0.1"


class _QuietHandler(WSGIRequestHandler):
    """Disables request logs, because their URLs contain the token."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  werkzeug's own name
        """Discards the message."""


@contextmanager
def console_server(client: ApiClient, port: int = 0) -> Iterator[tuple[BaseWSGIServer, str]]:
    """Yields the server and its URL with the token. Raises OSError if the port is in use."""
    server = make_server(LOOPBACK, port, _no_app, threaded=True, request_handler=_QuietHandler)
    console = Console(client, Access(server.server_port))
    server.app = create_app(console)
    try:
        yield server, console.access.address
    finally:
        server.server_close()
        console.close()


def _no_app(_environ: object, _start: object) -> list[bytes]:
    """Placeholder until the port is known, which access control needs."""
    return []
