"""Renders checks as rows: name, result, value, comparison and limit. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import shorten
from typing import Any

from rich.markup import escape

from rft_cli.views.lines import HANG, INDENT, stage_field

MARKS = {
    "pass": "[green]✔[/]",
    "warn": "[yellow]![/]",
    "block": "[red]✘[/]",
    "skipped": "[dim]–[/]",
    "undecided": "[yellow]?[/]",
}
RESULTS = {"warn": "warned", "undecided": "undecided", "block": "blocked"}
SIGNS = {">=": "≥", "<=": "≤"}

MAX_DETAIL = 112
"""Maximum characters of a detail without `--verbose`: three lines on a terminal of 80 columns."""
MANY, MAX_DETAIL_OF_MANY = 6, 36
"""With more than MANY rows, maximum characters of a detail, so that it fits one line."""

Check = Mapping[str, Any]


def check_lines(
    label: str, checks: Sequence[Check], *, verbose: bool, note: str = "", indent: int = INDENT
) -> Iterator[str]:
    """A line with counts, then a row per check that warns or blocks; with `verbose`, a row per check."""
    yield stage_field(label, " · ".join(filter(None, (counts(checks), note))), indent=indent)
    shown = [check for check in checks if verbose or check["result"] in RESULTS]
    names = max((len(check["name"]) for check in shown), default=0)
    numbers = max((len(comparison(check)) for check in shown), default=0)
    room = MAX_DETAIL if len(shown) <= MANY else MAX_DETAIL_OF_MANY
    for check in shown:
        yield _row(check, names, numbers, indent, room=None if verbose else room)


def counts(checks: Sequence[Check]) -> str:
    """Formats counts as `✔ 15 of 15 checks`; skipped checks do not count as run."""
    results = Counter(check["result"] for check in checks)
    ran = len(checks) - results["skipped"]
    overall = next((result for result in ("block", "undecided", "warn") if results[result]), "pass")
    parts = [f"{MARKS[overall]} {results['pass']} of {ran} checks" if ran else "no checks"]
    parts += [f"{results[result]} {word}" for result, word in RESULTS.items() if results[result]]
    if results["skipped"]:
        parts.append(f"{results['skipped']} skipped{_cause(checks)}")
    return " · ".join(parts)


def comparison(check: Check) -> str:
    """Formats measured value and limit as `0.424 ≥ 0.02`; omits what the check does not have."""
    limit = check.get("warn_limit") if check.get("limit") is None else check["limit"]
    value, bound = (_number(number, check.get("unit")) for number in (check.get("value"), limit))
    sign = SIGNS.get(check.get("comparison") or "")
    return f"{value} {sign} {bound}" if value and bound and sign else value


def _row(check: Check, names: int, numbers: int, indent: int, *, room: int | None) -> str:
    detail = check["detail"] if room is None else shorten(check["detail"], room, placeholder=" …")
    figures = f"{comparison(check):<{numbers}}  " if numbers else ""
    head = f"{' ' * indent}{MARKS[check['result']]} {check['name']:<{names}}  {figures}"
    return head + HANG + escape(detail)


def _cause(checks: Sequence[Check]) -> str:
    """The blocking check because of which the others were skipped, if any."""
    blocked = [check["name"] for check in checks if check["result"] == "block"]
    skipped = sum(check["result"] == "skipped" for check in checks)
    return f" ({blocked[0]} failed)" if len(blocked) == 1 and skipped > 1 else ""


def _number(value: float | None, unit: str | None) -> str:
    if value is None:
        return ""
    if unit == "%":
        return f"{value:.0%}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
