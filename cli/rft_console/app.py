"""The console's WSGI application: access control, error pages and routes, which the page modules register."""

from __future__ import annotations

from flask import Flask, Response, abort
from werkzeug.exceptions import HTTPException

from rft_client.errors import ApiError, RftClientError
from rft_console import action_pages, compare_page, experiment_pages, rollout_pages, run_pages
from rft_console.context import Console
from rft_console.live import Silence
from rft_console.rendering import ASSETS, render

RETRY_SECONDS = 3
MAX_FORM_BYTES = 200_000
"""A request has 64 KB at most, and form encoding takes up to three characters per byte."""


def create_app(console: Console) -> Flask:
    """Creates the application for one stack."""
    app = Flask("rft_console", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES
    console.access.guard(app)
    app.add_url_rule("/static/<name>", view_func=asset)
    for pages in (run_pages, rollout_pages, compare_page, action_pages, experiment_pages):
        pages.register(app, console)
    _handle_errors(app, console)
    return app


def asset(name: str) -> Response:
    """Returns a style sheet or a script; status 404 for unknown names."""
    if name not in ASSETS:
        abort(404)
    folder, media_type = ASSETS[name]
    return Response((folder / name).read_bytes(), mimetype=media_type)


def _handle_errors(app: Flask, console: Console) -> None:
    def page(status: int, message: str, *, waiting: bool = False) -> Response:
        text = render(
            "error",
            title="Not shown",
            message=message,
            waiting=waiting,
            notice=message if waiting else "",
            api_url=console.client.url,
        )
        return Response(text, status, {"Refresh": str(RETRY_SECONDS)} if waiting else {}, mimetype="text/html")

    @app.errorhandler(Silence)
    def silent(error: Silence) -> Response:
        return page(503, str(error), waiting=True)

    @app.errorhandler(ApiError)
    def refused(error: ApiError) -> Response:
        return page(error.status if error.status >= 400 else 502, str(error))

    @app.errorhandler(RftClientError)
    def failed(error: RftClientError) -> Response:
        return page(502, str(error))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        return page(error.code or 500, error.description or error.name)
