"""Lists as aligned lines, never cut, so that a pipe gets all of them. Pure: answers in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape

from rft_cli.views.rewards import View
from rft_cli.views.run_events import detail, status_mark

HEADS = ("RUN ID", "STATUS", "TASK", "CREATED", "TAGS")


def list_lines(runs: Sequence[View]) -> Iterator[str]:
    """One line a run under a line of heads."""
    rows = [HEADS, *map(_row, runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS) - 1)]
    for number, row in enumerate(rows):
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        line = escape("  ".join([*cells, row[-1]]).rstrip())
        yield f"[bold]{line}[/]" if number == 0 else line.replace(row[1], status_mark(row[1]), 1)


def event_lines(events: Sequence[View]) -> Iterator[str]:
    """One line a change, oldest first."""
    for event in events:
        yield f"{_time(event['at'])}  {event['before'] or '':<17} → {status_mark(event['after'])}{detail(event)}"


def status_line(answer: View) -> str:
    """A run and its status."""
    return f"{answer['run_id']}  {status_mark(answer['status'])}"


def _row(run: View) -> tuple[str, ...]:
    tags = ", ".join(f"{key}={value}" for key, value in run["tags"].items())
    return (run["run_id"], run["status"], run["task"], _time(run["created_at"]), tags)


def _time(at: str) -> str:
    return at[:19].replace("T", " ") + "Z"
