"""Pages of a run's rollouts: a sortable, filterable list, and single rollouts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote, urlencode

from flask import Flask, Response, abort, request

from rft.contracts.base import SPLITS
from rft.runs.simulated import is_emulated
from rft_client.errors import RftClientError
from rft_console.context import Console
from rft_console.judge_criteria import judged_criteria
from rft_console.rendering import render
from rft_console.rollout_index import RolloutQuery
from rft_console.rollout_reader import RolloutReader

PAGE = 50
RETRY_SECONDS = 3
MOST = 10**12
"""Maximum rollout number in a URL; SQLite integers have 64 bits."""
FIELDS = ("sort", "split", "task_id", "min_score", "max_score", "errors")
ORDERS = {
    "graded": "First graded first",
    "-graded": "Last graded first",
    "-score": "Highest score first",
    "score": "Lowest score first",
    "error": "By error",
    "step": "First step first",
    "-step": "Last step first",
    "-length": "Longest answer first",
    "length": "Shortest answer first",
    "row": "By row",
}
"""Value of the parameter `sort` → label; a minus sign means descending."""


def register(app: Flask, console: Console) -> None:
    """Registers the routes of rollouts."""
    app.add_url_rule("/runs/<run_id>/rollouts", view_func=partial(_rollouts, console), endpoint="rollouts")
    app.add_url_rule("/runs/<run_id>/rollouts-progress", view_func=partial(_reading, console), endpoint="reading")
    app.add_url_rule(
        f"/runs/<run_id>/rollouts/<int(max={MOST}):number>", view_func=partial(_rollout, console), endpoint="rollout"
    )


def _rollouts(console: Console, run_id: str) -> Response:
    run = console.run(run_id)
    reader = console.rollouts(run)
    reader.await_first()
    query, start = rollout_query(request.args), _whole(request.args.get("start"))
    found = reader.index.count(query)
    page = render(
        "rollouts",
        title=f"Rollouts of {run_id}",
        api_url=console.client.url,
        notice="",
        run=run,
        simulated=is_emulated(run),
        sorts=ORDERS,
        chosen={**dict.fromkeys(FIELDS, ""), **request.args},
        found=found,
        start=start,
        rows=reader.index.page(query, start=start, limit=PAGE),
        before=_address(start - PAGE) if start else "",
        after=_address(start + PAGE) if start + PAGE < found else "",
        **_progress(reader),
    )
    nothing_yet = reader.reading and not reader.rollouts
    return Response(page, headers={"Refresh": str(RETRY_SECONDS)} if nothing_yet else {}, mimetype="text/html")


def _reading(console: Console, run_id: str) -> str:
    """Progress of reading. Does not start reading: otherwise an open page would poll the run indefinitely."""
    reader = console.reader(run_id)
    if reader is None:
        abort(404, f"The rollouts of {run_id} are not open; reload the page.")
    return render("rollouts_progress", **_progress(reader))


def _rollout(console: Console, run_id: str, number: int) -> str:
    run = console.run(run_id)
    reader = console.rollouts(run)
    reader.await_first()
    found = reader.index.get(number)
    if found is None:
        abort(404, f"Run {run_id} has no rollout {number + 1} yet.")
    prompt, why = _prompt(console, run_id, found["task_id"])
    return render(
        "rollout",
        title=f"Rollout {number + 1:,} of {run_id}",
        api_url=console.client.url,
        notice="",
        run_id=run_id,
        simulated=is_emulated(run),
        rollout=found,
        criteria=judged_criteria(found, run.request),
        prompt=prompt,
        no_prompt=why,
    )


def rollout_query(given: Mapping[str, str]) -> RolloutQuery:
    """Parses URL parameters; ignores invalid values."""
    sort = given.get("sort", "graded")
    return RolloutQuery(
        sort=(sort if sort in ORDERS else "graded").removeprefix("-"),
        descending=sort in ORDERS and sort.startswith("-"),
        split=given.get("split") if given.get("split") in SPLITS else None,
        task_id=given.get("task_id", "").strip() or None,
        errors=given.get("errors") == "true",
        min_score=_number(given.get("min_score")),
        max_score=_number(given.get("max_score")),
    )


def _prompt(console: Console, run_id: str, task_id: str | None) -> tuple[str, str]:
    """The row's prompt, and the reason to show if it is ''."""
    if task_id is None:
        return "", "The answer names no row of the dataset."
    try:
        return console.prompts(run_id).get(task_id, ""), "The prepared dataset has no row of this name."
    except RftClientError as error:
        return "", f"The prompt cannot be read: {error}"


def _progress(reader: RolloutReader) -> dict[str, object]:
    return {
        "run_id": reader.run_id,
        "reading": reader.reading,
        "read_to_end": reader.read_to_end,
        "count": reader.rollouts,
        "error": reader.error,
        "unreadable": reader.unreadable,
    }


def _address(start: int) -> str:
    query = {**{name: value for name, value in request.args.items() if value}, "start": str(max(0, start))}
    return f"{quote(request.path)}?{urlencode(query)}"


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _whole(text: str | None) -> int:
    return min(int(text), MOST) if text and text.isascii() and text.isdecimal() and len(text) < 13 else 0
