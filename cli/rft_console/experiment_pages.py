"""Pages of experiments: the list, an experiment with its ranked arms, and the confirmation to cancel it."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from rft.contracts.experiments.record import Arm, ArmStanding, ExperimentStatus
from rft.contracts.http.experiments import ExperimentView
from rft_console.action_pages import confirm
from rft_console.context import Console
from rft_console.rendering import render
from rft_console.run_pages import live_part

PAGE = 100
"""Maximum experiments per response of the API."""

TONES = {ExperimentStatus.COMPLETED: "good", ExperimentStatus.FAILED: "bad"}
CONCLUSIONS = {
    "winner": "is better than every other arm.",
    "several_best": "are not shown to be worse than the leader.",
    "no_difference_shown": "No difference between the evaluated arms is shown.",
    "not_comparable": "The evaluated arms cannot be compared.",
}
CANCEL_LINES = (
    "The experiment ends as CANCELLED, with all its runs and their training jobs.",
    "Models that exist stay.",
)


def register(app: Flask, console: Console) -> None:
    """Registers the routes of experiments."""

    @app.get("/experiments")
    def experiments() -> str:
        found = console.experiments(PAGE)["experiments"]
        return render("experiments", title="Experiments", api_url=console.client.url, notice="", experiments=found)

    @app.get("/experiments/<experiment_id>")
    def experiment(experiment_id: str) -> str:
        part = _part(console.experiment(experiment_id))
        title = f"Experiment {experiment_id}"
        return render("experiment", title=title, api_url=console.client.url, notice="", **part)

    @app.get("/experiments/<experiment_id>/live")
    def experiment_live(experiment_id: str) -> Response:
        seen = request.args.get("seen")
        return live_part("experiment_live", lambda: _part(console.experiment(experiment_id)), seen=seen)

    @app.get("/experiments/<experiment_id>/cancel")
    def confirm_end(experiment_id: str) -> str:
        back = _address(console.experiment(experiment_id).experiment_id)
        return confirm(
            console, f"Cancel {experiment_id}?", CANCEL_LINES, {"cancel": "Cancel the experiment"}, back=back
        )

    @app.post("/experiments/<experiment_id>/cancel")
    def end(experiment_id: str) -> Response:
        console.client.cancel_experiment(experiment_id)
        return redirect(_address(experiment_id), code=303)


def _address(experiment_id: str) -> str:
    return f"/experiments/{quote(experiment_id, safe='')}"


def _part(view: ExperimentView) -> dict[str, Any]:
    board = view.leaderboard
    best = board.conclusion in ("winner", "several_best") if board else False
    return {
        "experiment": view,
        "ended": view.status.ended,
        "tone": TONES.get(view.status, "neutral"),
        "arms": _by_place(view),
        "best": ", ".join(board.best) if board and best else "",
        "conclusion": CONCLUSIONS[board.conclusion] if board else "",
        "seen": hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:16],
    }


def _by_place(view: ExperimentView) -> list[tuple[Arm, ArmStanding | None]]:
    """Ranked arms first, then the others in their original order."""
    standings = {each.arm: each for each in (view.leaderboard.standings if view.leaderboard else ())}
    places = {name: each.rank for name, each in standings.items()}
    return [(arm, standings.get(arm.name)) for arm in sorted(view.arms, key=lambda a: places.get(a.name, 1_000))]
