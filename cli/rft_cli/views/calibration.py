"""Prints the report of `rft calibrate`: a model's scores on a dataset before training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from rft_cli.views.checks import MARKS
from rft_cli.views.lines import HANG, SIMULATED, summary_field
from rft_cli.views.printing import print_lines

RESULTS = {"learnable": "pass", "undecided": "warn", "mostly_solved": "block", "hopeless": "block"}

SHARES = {"always_right": "all right", "never_right": "none right", "between": "in between", "tied": "tied"}
"""Report key of a share of rows → label."""


def print_calibration(console: Console, report: Mapping[str, Any]) -> None:
    """Prints difficulty, shares of rows, and the usage of the answers (tokens, errors, judge calls)."""
    print_lines(console, _lines(report))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    summary = report["summary"]
    bad = f", {report['bad_records']} bad records left out" if report["bad_records"] else ""
    yield f"[bold]{escape(report['file'])}[/]  task {report['task']}{bad}"
    yield summary_field("model", escape(report["model"]))
    yield summary_field("grader", escape(report["grader"]))
    yield summary_field("rows", f"{summary['rows']} × {summary['samples_per_row']} answers")
    mark = f" {SIMULATED}" if summary["simulated"] else ""
    yield summary_field("mean score", f"{_with_interval(summary['mean_score'], summary['mean_interval'], '.3f')}{mark}")
    for name, label in SHARES.items():
        yield summary_field(label, _share(summary[name]))
    yield from _slices(report["slices"])
    yield from _use(summary)
    for name, value in summary["recommended"].items():
        yield summary_field("recommended", f"{name} {value:,}")
    yield from (f"{MARKS['warn']} {HANG}{escape(each)}" for each in summary["warnings"])
    yield from (f"{MARKS['warn']} {HANG}not as in training: {escape(each)}" for each in report["unmatched"])
    yield from (f"{MARKS['warn']} {HANG}{escape(each)}" for each in report["errors"])
    difficulty = summary["difficulty"]
    yield f"{MARKS[RESULTS[difficulty]]} {HANG}{difficulty.replace('_', ' ')}: {escape(summary['reason'])}"


def _use(summary: Mapping[str, Any]) -> Iterator[str]:
    use, calls = summary["use"], summary["judge_calls"]
    judged = f" · {calls:,} judge calls" if calls else ""
    yield summary_field("answers", f"{use['truncated']} truncated · {use['errors']} without a score{judged}")
    if use["mean_output_tokens"] is not None:
        seconds = f"{use['p95_seconds']:.1f} s (P95)"
        yield summary_field("an answer", f"{use['mean_output_tokens']:,.0f} tokens on average · {seconds}")


def _slices(slices: list[dict[str, Any]]) -> Iterator[str]:
    for each in slices:
        name = f"{each['kind']} {each['name']}"
        yield summary_field("", f"{each['mean_score']:.3f} on {each['rows']} rows of {escape(name)}")


def _share(share: Mapping[str, Any]) -> str:
    if not share["n"]:
        return "unknown: no row has two scores"
    low, high = share["interval"]
    return f"{share['hits'] / share['n']:.0%} of {share['n']} rows ({low:.0%} to {high:.0%})"


def _with_interval(value: float, interval: tuple[float, float] | None, form: str) -> str:
    if interval is None:
        return f"{value:{form}}"
    low, high = interval
    return f"{value:{form}} ({low:{form}} to {high:{form}})"
