"""Pages of the actions approve, cancel and start again, each with a confirmation."""

from __future__ import annotations

import getpass
import json
import secrets
from typing import Any
from urllib.parse import quote

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from rft.contracts.http.api import RunView
from rft.evaluation.run_comparison import flat_fields
from rft_client.errors import RftClientError
from rft_client.request import validated
from rft_console.context import Console
from rft_console.rendering import render

CANCEL_LINES = ("The run ends as CANCELLED and its training job is stopped.", "What it has written stays.")
APPROVE_LINES = ("Approved, the run starts training; rejected, it ends without training. The first decision counts.",)


def register(app: Flask, console: Console) -> None:
    """Registers the routes of actions."""

    @app.get("/runs/<run_id>/cancel")
    def confirm_cancel(run_id: str) -> str:
        return confirm(
            console, f"Cancel {run_id}?", CANCEL_LINES, {"cancel": "Cancel the run"}, back=_run_address(run_id)
        )

    @app.post("/runs/<run_id>/cancel")
    def cancel(run_id: str) -> Response:
        console.client.cancel(run_id)
        return _to_run(run_id)

    @app.get("/runs/<run_id>/approve")
    def confirm_approval(run_id: str) -> str:
        view = console.run(run_id)
        reasons = view.approval.reasons if view.approval else ()
        buttons = {"approve": "Approve", "reject": "Reject"}
        lines = (*reasons, *APPROVE_LINES)
        return confirm(console, f"Approve {run_id}?", lines, buttons, back=_run_address(run_id), approving=True)

    @app.post("/runs/<run_id>/approve")
    def approve(run_id: str) -> Response:
        approved = request.form.get("action") == "approve"
        by, comment = request.form.get("by", ""), request.form.get("comment", "")
        console.client.approve(run_id, approved=approved, by=by, comment=comment)
        return _to_run(run_id)

    @app.get("/runs/<run_id>/again")
    def edit(run_id: str) -> str:
        return _editor(console, run_id, _text(_request(console.run(run_id))), "")

    @app.post("/runs/<run_id>/again")
    def again(run_id: str) -> str | Response:
        return _start_again(console, run_id, request.form.get("request", ""))


def _start_again(console: Console, run_id: str, text: str) -> str | Response:
    """Validates, asks for confirmation, then starts the run; the idempotency key prevents duplicates."""
    try:
        changed = validated(_parsed(text))
    except RftClientError as error:
        return _editor(console, run_id, text, str(error))
    if request.form.get("action") == "start":
        accepted = console.client.start_run(changed, key=request.form.get("key") or secrets.token_hex(16))
        return _to_run(accepted["run_id"])
    hidden = {"request": text, "key": secrets.token_hex(16)}
    changes = _changes(_request(console.run(run_id)), changed)
    lines = (f"A new run of {changed['name']} starts.", "" if changes else "Its request is the same.")
    title = f"Start {changed['name']} again?"
    buttons, back = {"start": "Start the run"}, _run_address(run_id)
    return confirm(console, title, lines, buttons, back=back, hidden=hidden, changes=changes)


def confirm(
    console: Console,
    title: str,
    lines: tuple[str, ...],
    buttons: dict[str, str],
    *,
    back: str,
    approving: bool = False,
    hidden: dict[str, str] | None = None,
    changes: dict[str, tuple[Any, Any]] | None = None,
) -> str:
    """A confirmation page with a button per action; `back`: URL of the link to cancel."""
    return render(
        "confirm",
        title=title,
        api_url=console.client.url,
        notice="",
        back=back,
        lines=[line for line in lines if line],
        buttons=buttons,
        approving=approving,
        by=getpass.getuser() if approving else "",
        hidden=hidden or {},
        changes=changes or {},
        csrf=console.access.csrf,
    )


def _editor(console: Console, run_id: str, text: str, error: str) -> str:
    values = {"run_id": run_id, "text": text, "error": error, "csrf": console.access.csrf}
    return render("again", title=f"Start {run_id} again", api_url=console.client.url, notice="", **values)


def _request(run: RunView) -> dict[str, Any]:
    """The run's request, as the body of `POST /runs`."""
    return run.request.model_dump(mode="json", exclude_defaults=True)


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, indent=2, ensure_ascii=True)  # makes all characters visible and editable


def _parsed(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RftClientError(f"This is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise RftClientError("A request is one JSON object")
    return body


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Dotted path → (value before, value after) of changed fields."""
    old, new = flat_fields(before), flat_fields(after)
    paths = sorted(old.keys() | new.keys())
    return {path: (old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)}


def _to_run(run_id: str) -> Response:
    return redirect(_run_address(run_id), code=303)


def _run_address(run_id: str) -> str:
    return f"/runs/{quote(run_id, safe='')}"
