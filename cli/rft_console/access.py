"""Who may use the console: the browser that was given the address with the token, and no other page or machine.

The server listens on loopback only. Other users and web pages of the same machine are excluded by the token; DNS
rebinding by the Host; requests forged by other pages by SameSite, Origin and a CSRF token in each form.
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
    "Referrer-Policy": "same-origin",  # with none, browsers send forms with the Origin null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Access:
    """`token` opens the console; `csrf` is in each of its forms. Both end with the process."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def address(self) -> str:
        """What the user opens."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """Cookies are not per port: the name separates two consoles."""
        return f"rft-console-{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})

    def guard(self, app: Flask) -> None:
        """Refuse every request that is not the user's own, and send the security headers with every answer."""
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
        """The token moves from the address into a cookie, so that it is in no link and no history entry."""
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
