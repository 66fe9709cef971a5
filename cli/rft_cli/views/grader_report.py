"""Prints the report of `rft grader test`: scores by kind of answer, a histogram and the findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rft_cli.views.checks import MARKS
from rft_cli.views.lines import HANG, shorten_middle
from rft_cli.views.printing import print_lines

COLOURS = {"right": "green", "wrong": "yellow", "adversarial": "red"}
"""Group of answers → colour in the histogram."""

MAX_BAR = 36
ANSWER_SHOWN = 60
NO_VALUE = "–"

Report = Mapping[str, Any]


def print_report(console: Console, report: Report) -> None:
    """Prints a report in the format of `graders.grader_figures`."""
    skipped = f", {report['bad_records']} bad records skipped" if report["bad_records"] else ""
    rows = f"{report['answers']} answers to {report['rows']} rows of {report['task']}{skipped}"
    print_lines(console, [f"[bold]{escape(report['grader'])}[/]", rows, ""])
    print_lines(console, [f"{MARKS['warn']} {HANG}{escape(problem)}" for problem in report["problems"]])
    console.print(_table(report["kinds"]), "", sep="\n")
    if any(tenth[group] for tenth in report["histogram"] for group in COLOURS):
        console.print(_histogram(report["histogram"]), "", sep="\n")
    print_lines(console, _finding_lines(report["findings"]))
    if not report["findings"]:
        ran = sum(check["result"] != "skipped" for check in report["checks"])
        print_lines(console, [f"{MARKS['pass']} {ran} checks: right answers score highest, every answer has a score"])


def _finding_lines(findings: Sequence[Report]) -> Iterator[str]:
    """Findings grouped by check: one line per finding, then the check's remedy."""
    for fix, group in groupby(findings, key=lambda finding: finding["fix"]):
        for finding in group:
            yield f"{MARKS[finding['severity']]} {HANG}[bold]{escape(finding['code'])}[/]: {escape(finding['message'])}"
            yield from _example(finding)
        yield f"  → {HANG}{escape(fix)}"


def _example(finding: Report) -> Iterator[str]:
    if finding["answer"]:
        answer = shorten_middle(" ".join(finding["answer"].split()), ANSWER_SHOWN)
        yield f"  {HANG}[dim]{escape(finding['task_id'])}: {escape(answer)}[/]"


def _table(kinds: Sequence[Report]) -> Table:
    table = Table("answers", box=None, padding=(0, 2, 0, 0))
    for head in ("n", "mean", "min", "max", "no score"):
        table.add_column(head, justify="right")
    for kind in kinds:
        scores = [kind[name] for name in ("mean", "lowest", "highest")]
        shown = (NO_VALUE if score is None else f"{score:.2f}" for score in scores)
        table.add_row(kind["kind"].replace("_", " "), str(kind["answers"]), *shown, str(kind["without_score"] or ""))
    return table


def _histogram(histogram: Sequence[Report]) -> Table:
    """One stacked bar per score interval of 0.1: right, wrong and adversarial answers."""
    heads = " · ".join(f"[{colour}]{group}[/]" for group, colour in COLOURS.items())
    table = Table("score", heads, box=None, padding=(0, 2, 0, 0))
    highest = max(sum(tenth[group] for group in COLOURS) for tenth in histogram)
    for tenth in histogram:
        counts = [tenth[group] for group in COLOURS]
        widths = [-(-count * MAX_BAR // highest) for count in counts]
        bar = "".join(f"[{c}]{'█' * width}[/]" for c, width in zip(COLOURS.values(), widths, strict=True))
        label = " " + " · ".join(map(str, counts)) if any(counts) else ""
        table.add_row(f"{tenth['from']:.1f}–{tenth['to']:.1f}", bar + label)
    return table
