"""Pages of runs: the list and a run, each with a fragment that is refreshed while the page is open."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from flask import Flask, Response, request

from rft.contracts.http.api import RunView
from rft.contracts.ledger import RunStatus
from rft.report.charts import training_charts
from rft.runs.headline import headline
from rft.runs.simulated import is_emulated
from rft.runs.status import TERMINAL
from rft_console.context import Console
from rft_console.live import Silence
from rft_console.rendering import render

PAGE = 50
FILTERS = ("status", "name", "tag", "requested_by")
REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy of reports, which have an inline style sheet and no scripts."""
SENTENCES = {
    RunStatus.PENDING: "Waiting for the state machine.",
    RunStatus.PREPARING: "Reading, checking and splitting the records.",
    RunStatus.SMOKE_TESTING: "Testing the grader with answers whose score is known.",
    RunStatus.CALIBRATING: "Grading answers of the base model.",
    RunStatus.AWAITING_APPROVAL: "Waiting for a person's approval.",
    RunStatus.STARTING: "Waiting for Bedrock to accept the job.",
    RunStatus.TRAINING: "Training.",
    RunStatus.EVALUATING: "Comparing the trained model with the base model.",
}
"""Status of a run that has not ended → sentence."""


def register(app: Flask, console: Console) -> None:
    """Registers the routes of runs."""

    @app.get("/")
    def runs() -> str:
        filters = _filters(request.args)
        shown = {name: filters.get(name, "") for name in FILTERS}
        part = _runs_part(console, request.args)
        return render(
            "runs", title="Runs", api_url=console.client.url, notice="", statuses=list(RunStatus), filters=shown, **part
        )

    @app.get("/runs-table")
    def runs_table() -> Response:
        return live_part("runs_table", lambda: _runs_part(console, request.args))

    @app.get("/runs/<run_id>")
    def run(run_id: str) -> str:
        view = console.run(run_id)
        body = view.request.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps(body, indent=2, ensure_ascii=False)
        title = f"Run {run_id}"
        return render("run", title=title, api_url=console.client.url, notice="", request=text, **_run_part(view))

    @app.get("/runs/<run_id>/live")
    def run_live(run_id: str) -> Response:
        return live_part("run_live", lambda: _run_part(console.run(run_id)), seen=request.args.get("seen"))

    @app.get("/runs/<run_id>/report")
    def report(run_id: str) -> Response:
        page = console.client.report_page(run_id)
        return Response(page, mimetype="text/html", headers={"Content-Security-Policy": REPORT_POLICY})


def live_part(name: str, values: Callable[[], Mapping[str, object]], *, seen: str | None = None) -> Response:
    """The current fragment and the notice; only the notice if the fragment is unchanged or the API does not respond."""
    try:
        found = values()
    except Silence as error:
        return Response(render("notice", notice=str(error)), mimetype="text/html", headers={"HX-Reswap": "none"})
    if seen is not None and found.get("seen") == seen:
        return Response(render("notice", notice=""), mimetype="text/html", headers={"HX-Reswap": "none"})
    return Response(render(name, **found) + render("notice", notice=""), mimetype="text/html")


def _filters(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[name].strip() for name in FILTERS if given.get(name, "").strip()}


def _runs_part(console: Console, given: Mapping[str, str]) -> dict[str, object]:
    filters, cursor = _filters(given), given.get("cursor") or None
    found = console.runs(filters, cursor, PAGE)
    here = {**filters, **({"cursor": cursor} if cursor else {})}
    return {
        "runs": found["runs"],
        "filtered": bool(filters),
        "cursor": found["cursor"],
        "live_address": f"/runs-table?{urlencode(here)}",
        "older_address": f"/?{urlencode({**filters, 'cursor': found['cursor'] or ''})}",
    }


def _sentence(run: RunView) -> str:
    """The run's current activity or its result; for a wait for the job quota, its start and place."""
    if run.status in TERMINAL:
        return headline(run).sentence
    if run.queue_ahead is None or run.queue is None:
        return SENTENCES[run.status]
    ahead = "next in line" if run.queue_ahead == 0 else f"{run.queue_ahead:,} ahead of it"
    return f"Waiting for the quota of jobs since {run.queue.since:%Y-%m-%d %H:%M} UTC, {ahead}."


def _run_part(run: RunView) -> dict[str, object]:
    return {
        "run": run,
        "ended": run.status in TERMINAL,
        "simulated": is_emulated(run),
        "charts": training_charts(run.metrics) if run.metrics else (),
        "sentence": _sentence(run),
        "tone": headline(run).tone if run.status in TERMINAL else "neutral",
        "seen": hashlib.sha256(run.model_dump_json().encode()).hexdigest()[:16],
    }
