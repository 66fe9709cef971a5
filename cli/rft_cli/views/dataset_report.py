"""What `rft dataset check` found, on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from rft_cli.views.printing import say
from rft_cli.views.run_events import CHECK_MARKS

MAX_REASONS = 8
NAME_WIDTH = 16


def show(console: Console, report: Mapping[str, Any]) -> None:
    """Print counts, bad records by reason, checks, and why a run would be refused."""
    say(console, _lines(report))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"[bold]{escape(report['file'])}[/]  task {report['task']}"
    if "records" in report:
        yield f"{report['records']:,} records, {report['rows']:,} rows"
        yield from _reasons(report["bad_records"])
        yield from (f"[yellow]![/] {name}: {count:,} records" for name, count in report["warnings"].items())
    if "checks" in report:
        yield "splits  " + " · ".join(f"{name} {rows:,}" for name, rows in report["splits"].items())
        tokens = report["tokens"]
        lengths = f"P50 {tokens['p50']} · P99 {tokens['p99']} · max {tokens['max']}"
        yield f"tokens  {lengths} (estimate, {tokens['encoding']})"
        for check in report["checks"]:
            yield f"{CHECK_MARKS[check['result']]} {check['name']:<{NAME_WIDTH}} {escape(check['detail'])}"
    yield ""
    yield from (f"[red]✘[/] {escape(problem)}" for problem in report["problems"])
    if not report["problems"]:
        yield "[green]✔[/] a run would take this dataset"


def _reasons(bad: list[dict[str, Any]]) -> Iterator[str]:
    """Equal reasons once, with a count and the first record."""
    counted = Counter(record["reason"] for record in bad)
    first = {record["reason"]: record for record in reversed(bad)}
    for reason, count in counted.most_common(MAX_REASONS):
        line = f" on line {first[reason]['line']}" if first[reason]["line"] else ""
        where = f"first: record {first[reason]['position']}{line}"
        yield f"[red]✘[/] {count:,} record{'s' * (count > 1)}: {escape(reason)} ({where})"
    if len(counted) > MAX_REASONS:
        yield f"  and {len(counted) - MAX_REASONS} more reasons; --output json has all"
