"""Renders rollouts as a table. Pure: API responses in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.markup import escape

from rft.text import text_line
from rft_cli.views.lines import HANG, SIMULATED

HEADER = f"{'GRADED AT':<20}  {'SPLIT':<10}  {'SCORE':>6}  {'LENGTH':>7}  ROW"
MAX_ROW_NAME = 60


def rollout_lines(rollouts: Iterable[Mapping[str, Any]], *, simulated: bool) -> Iterator[str]:
    """A header line, then one line per rollout; the reason of a grader error follows on the next line."""
    yield f"[bold]{HEADER}[/]{f'  {SIMULATED}' if simulated else ''}"
    for each in rollouts:
        at = each["at"][:19].replace("T", " ") + "Z"
        length = "–" if each["answer_length"] is None else f"{each['answer_length']:,}"
        score = "[red] error[/]" if each["score"] is None else f"{each['score']:>6.3f}"
        row = escape(text_line(each["task_id"] or each["id"], MAX_ROW_NAME))
        line = f"{at:<20}  {each['split'] or '–':<10}  {score}  {length:>7}  {row}"
        reason = each["error_reason"] or each["error"]
        yield line if reason is None else f"{line}  {HANG}[dim]{escape(reason)}[/]"
