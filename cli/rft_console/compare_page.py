"""Page that compares two runs."""

from __future__ import annotations

from flask import Flask, request

from rft_client.comparison import compare_runs, curves, read_run
from rft_console.context import Console
from rft_console.rendering import render

SUGGESTED = 100
"""Number of runs suggested in the input fields."""


def register(app: Flask, console: Console) -> None:
    """Registers the route of the comparison."""

    @app.get("/compare")
    def compare() -> str:
        first, second = (request.args.get(name, "").strip() for name in ("first", "second"))
        known = [run["run_id"] for run in console.runs({}, None, SUGGESTED)["runs"]]
        shown = [read_run(console.client, run_id) for run_id in (first, second)] if first and second else []
        return render(
            "compare",
            title="Compare two runs",
            api_url=console.client.url,
            notice="",
            first=first,
            second=second,
            known=known,
            comparison=compare_runs(shown) if shown else None,
            charts=curves(shown) if shown else (),
        )
