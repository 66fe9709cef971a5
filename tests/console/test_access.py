"""Who may use the console: not another user, page or host, and no form that it did not send."""

from __future__ import annotations

import pytest

from rft_console.access import Access
from tests.kit.console_visitor import HERE, PORT, Visitor
from tests.kit.records import RUN_ID

CANCEL = f"/runs/{RUN_ID}/cancel"


def test_nothing_is_shown_without_the_token(stranger: Visitor) -> None:
    for path in ("/", f"/runs/{RUN_ID}", "/static/console.js", "/?token=wrong", "/nowhere"):
        answer = stranger.get(path)
        assert (answer.status_code, RUN_ID in answer.text) == (403, False)
    assert "address that rft console printed" in stranger.get("/").text


def test_the_token_moves_from_the_address_into_a_cookie(stranger: Visitor) -> None:
    answer = stranger.get(f"/?token={stranger.access.token}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert cookie.startswith(f"rft-console-{PORT}=")
    assert stranger.get("/").status_code == 200


def test_another_host_is_refused(visitor: Visitor) -> None:
    """DNS rebinding: a page of evil.example whose name leads to 127.0.0.1."""
    for host in ("evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1"):
        assert visitor.get("/", Host=host).status_code == 400
    assert visitor.get("/", Host=f"127.0.0.1:{PORT}").status_code == 200


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", f"https://127.0.0.1:{PORT}"]
)
def test_a_form_of_another_page_is_refused(visitor: Visitor, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = visitor.http.post(CANCEL, base_url=HERE, data={"csrf": visitor.access.csrf}, headers=headers)
    assert answer.status_code == 403
    assert visitor.stack.changes == []


@pytest.mark.parametrize("csrf", [None, "", "wrong"])
def test_a_form_without_the_consoles_token_is_refused(visitor: Visitor, csrf: str | None) -> None:
    data = {} if csrf is None else {"csrf": csrf}
    assert visitor.http.post(CANCEL, base_url=HERE, data=data, headers={"Origin": HERE}).status_code == 403
    assert visitor.stack.changes == []


@pytest.mark.parametrize("path", ["/", f"/runs/{RUN_ID}", "/static/report.css", "/nowhere"])
def test_every_answer_has_the_security_headers(visitor: Visitor, path: str) -> None:
    headers = visitor.get(path).headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")
    assert headers["Cache-Control"] == "no-store"


def test_a_report_cannot_run_scripts(visitor: Visitor) -> None:
    answer = visitor.get(f"/runs/{RUN_ID}/report")
    assert "The report" in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")[0]
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_no_asset_path_escapes_its_folder(visitor: Visitor) -> None:
    for name in ("..%2fapp.py", "%2e%2e/app.py", "app.py", "report.html.j2"):
        assert visitor.get(f"/static/{name}").status_code == 404


def test_tokens_differ_and_are_in_no_representation() -> None:
    first, second = Access(PORT), Access(PORT)
    assert len({first.token, second.token, first.csrf, second.csrf}) == 4
    assert first.token not in repr(first)
