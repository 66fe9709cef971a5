"""Turns away what a web page sends: a browser reaches the ports of this machine, too.

A page's requests carry its Origin, and those of a page whose name was bound anew to this machine that name as Host.
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
"""Names under `localhost` are this machine's (RFC 6761), and boto3 puts a bucket's name before it."""


def refusal(host: str | None, origin: str | None) -> str | None:
    """Why a request with these headers is turned away; None where it is not."""
    if not _LOCAL.fullmatch(host or ""):
        return "The Host of a request must be 127.0.0.1 or localhost"
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return "Requests of web pages are not taken"
    return None


def local_callers_only(app: WSGIApplication) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """`app` for requests that no web page has sent; others get a 403."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        reason = refusal(environ.get("HTTP_HOST"), environ.get("HTTP_ORIGIN"))
        if reason is None:
            return app(environ, start_response)
        reply: Response = json_reply({"message": reason}, 403, {"Connection": "close"})
        return reply(environ, start_response)

    return guarded
