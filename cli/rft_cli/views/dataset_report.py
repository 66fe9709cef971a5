"""Prints the report of `rft dataset check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from rft_cli.views.checks import MARKS, check_lines
from rft_cli.views.lines import HANG, summary_field
from rft_cli.views.printing import print_lines

MAX_REASONS = 8


def print_dataset(console: Console, report: Mapping[str, Any], *, verbose: bool) -> None:
    """Prints counts, invalid records by reason, checks, and reasons for which a run would be rejected."""
    print_lines(console, _lines(report, verbose=verbose))


def _lines(report: Mapping[str, Any], *, verbose: bool) -> Iterator[str]:
    yield f"[bold]{escape(report['file'])}[/]  task {report['task']}"
    if "records" in report:
        yield summary_field("records", f"{report['records']:,} records, {report['rows']:,} rows")
        yield from _reasons(report["bad_records"])
        yield from (f"{MARKS['warn']} {HANG}{name}: {count:,} records" for name, count in report["warnings"].items())
    if "checks" in report:
        yield summary_field("splits", " · ".join(f"{name} {rows:,}" for name, rows in report["splits"].items()))
        tokens = report["tokens"]
        lengths = f"P50 {tokens['p50']} · P99 {tokens['p99']} · max {tokens['max']}"
        yield summary_field("tokens", f"{lengths} (estimate, {tokens['encoding']})")
        yield from check_lines("checks", report["checks"], verbose=verbose, indent=0)
    yield ""
    yield from (f"{MARKS['block']} {HANG}{escape(problem)}" for problem in report["problems"])
    if not report["problems"]:
        yield f"{MARKS['pass']} a run accepts this dataset"


def _reasons(bad: list[dict[str, Any]]) -> Iterator[str]:
    """Groups equal reasons: count, reason and first record."""
    counted = Counter(record["reason"] for record in bad)
    first = {record["reason"]: record for record in reversed(bad)}
    for reason, count in counted.most_common(MAX_REASONS):
        line = f" on line {first[reason]['line']}" if first[reason]["line"] else ""
        place = f"first: record {first[reason]['position']}{line}"
        yield f"{MARKS['block']} {HANG}{count:,} record{'s' * (count > 1)}: {escape(reason)} ({place})"
    if len(counted) > MAX_REASONS:
        yield f"  {HANG}and {len(counted) - MAX_REASONS} more reasons; --output json has all"
