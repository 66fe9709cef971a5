"""Access control of the console: only the browser that opened the URL with the token.

The server listens on loopback only. The token excludes other users of the machine; the check of Host prevents DNS
rebinding; SameSite, Origin and a CSRF token in each form prevent cross-site request forgery.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with "no-referrer", browsers send Origin: null with forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Access:
    """`token` grants access; `csrf` is part of each form. Both are valid for the lifetime of the process."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def address(self) -> str:
        """URL with the token, for the user to open."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """Name of the cookie; includes the port, because browsers share cookies between ports."""
        return f"rft-console-{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})

    def guard(self, app: Flask) -> None:
        """Rejects unauthorised requests, and adds security headers to all responses."""
        app.before_request(self._check)
        app.after_request(_with_headers)

    def _check(self) -> BaseResponse | None:
        if request.host not in self.hosts:
            abort(400, "This console is at 127.0.0.1; the request names another host.")
        if request.method == "GET" and _equal(request.args.get("token"), self.token):
            return self._let_in()
        if not _equal(request.cookies.get(self.cookie), self.token):
            abort(403, "Open the address that rft console printed: it has the token.")
        if request.method != "GET":
            self._check_origin()
        return None

    def _let_in(self) -> BaseResponse:
        """Redirects with the token in a cookie, so that it is not in links or the browser's history."""
        answer = redirect(request.path)
        answer.set_cookie(self.cookie, self.token, httponly=True, samesite="Strict")
        return answer

    def _check_origin(self) -> None:
        origin = urlsplit(request.headers.get("Origin", ""))
        if origin.scheme != "http" or origin.netloc not in self.hosts:
            abort(403, "The form was not sent by this console.")
        if not _equal(request.form.get("csrf"), self.csrf):
            abort(403, "The form is out of date; go back, reload the page and send it again.")


def _equal(given: str | None, expected: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode(), expected.encode())


def _with_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
