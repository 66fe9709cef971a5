"""Rejects requests from web pages, because a browser can reach the loopback ports.

A page's requests have an Origin header; after DNS rebinding, their Host header is the page's host name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from emulator.http.replies import json_reply

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOCAL = re.compile(r"(127\.0\.0\.1|\[::1\]|(?:[a-z0-9.-]+\.)?localhost)(:\d{1,5})?", re.IGNORECASE)
"""Includes subdomains of `localhost` (loopback by RFC 6761), because boto3 prepends the bucket's name."""


def refusal(host: str | None, origin: str | None) -> str | None:
    """Return why a request with these headers is rejected; returns None if it is accepted."""
    if not _LOCAL.fullmatch(host or ""):
        return "The Host of a request must be 127.0.0.1 or localhost"
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return "Requests from web pages are not accepted"
    return None


def local_callers_only(app: WSGIApplication) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """Wrap `app`: requests from web pages get a 403."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        reason = refusal(environ.get("HTTP_HOST"), environ.get("HTTP_ORIGIN"))
        if reason is None:
            return app(environ, start_response)
        reply: Response = json_reply({"message": reason}, 403, {"Connection": "close"})
        return reply(environ, start_response)

    return guarded
