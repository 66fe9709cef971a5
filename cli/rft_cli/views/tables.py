"""Renders lists as aligned lines. Pure: API responses in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.markup import escape

from rft_cli.views.lines import ELLIPSIS, HANG, principal_text
from rft_cli.views.rewards import View
from rft_cli.views.run_events import TERMINAL, detail, status_mark
from rft_cli.views.times import ago, duration, instant

HEADERS = ("RUN ID", "STATUS", "TASK", "CREATED", "TOOK", "REWARD", "TAGS", "REQUESTED BY")
DROP_ORDER = ("REQUESTED BY", "TAGS", "TASK", "TOOK", "REWARD", "CREATED")
"""Columns omitted on narrow terminals, in this order; JSON output includes all."""
GAP = "  "
MIN_TAGS = 8

Row = dict[str, str]


def list_lines(runs: Sequence[View], *, now: datetime, width: int | None = None) -> Iterator[str]:
    """A header line, then one line per run. With `width`, omits columns that do not fit."""
    rows = [dict(zip(HEADERS, HEADERS, strict=True)), *(_row(run, now) for run in runs)]
    widths = {name: max(len(row[name]) for row in rows) for name in HEADERS}
    columns = _fitting(widths, width)
    for row, status in zip(rows, ("", *(run["status"] for run in runs)), strict=True):
        line = GAP.join(f"{_cut(row[name], columns[name]):<{columns[name]}}" for name in columns).rstrip()
        yield escape(line).replace(status, status_mark(status), 1) if status else f"[bold]{escape(line)}[/]"


def event_lines(events: Sequence[View]) -> Iterator[str]:
    """One line per change, oldest first."""
    for event in events:
        head = f"{_time(event['at'])}  {event['before'] or '':<17} → {status_mark(event['after'])}"
        about = detail(event)
        yield f"{head}  {HANG}{about}" if about else head
        if event.get("caller"):
            yield f"{'':<22}[dim]by {escape(principal_text(event['caller']))}[/]"


def status_line(answer: View) -> str:
    return f"{answer['run_id']}  {status_mark(answer['status'])}"


def _fitting(widths: dict[str, int], room: int | None) -> dict[str, int]:
    """Widths of the columns that fit: shortens tags first, then omits columns in DROP_ORDER."""
    columns = {name: width for name, width in widths.items() if name != "TAGS" or width > len("TAGS")}
    for name in DROP_ORDER:
        excess = sum(columns.values()) + len(GAP) * (len(columns) - 1) - (room or 0)
        if room is None or excess <= 0:
            break
        if name == "TAGS" and columns.get(name, 0) - excess >= MIN_TAGS:
            columns[name] -= excess
        else:
            columns.pop(name, None)
    return columns


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + ELLIPSIS


def _row(run: View, now: datetime) -> Row:
    created, updated = instant(run["created_at"]), instant(run["updated_at"])
    end = updated if run["status"] in TERMINAL else now
    reward = run.get("reward")
    return {
        "RUN ID": run["run_id"],
        "STATUS": _status(run),
        "TASK": run["task"],
        "CREATED": ago(created, now),
        "TOOK": duration(end - created),
        "REWARD": "–" if reward is None else f"{reward:.3f}{' (simulated)' if run.get('simulated') else ''}",
        "TAGS": ", ".join(f"{key}={value}" for key, value in run["tags"].items()),
        "REQUESTED BY": principal_text(run["requested_by"]) if run.get("requested_by") else "",
    }


def _status(run: View) -> str:
    """The run's status, with the place of a run that is queued for the job quota."""
    ahead = run.get("queue_ahead")
    return run["status"] if ahead is None else f"{run['status']} ({f'{ahead} ahead' if ahead else 'next'})"


def _time(at: str) -> str:
    return at[:19].replace("T", " ") + "Z"
