"""Renders a comparison of two graders' scores. Pure: the comparison in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape

from rft.text import text_line
from rft_cli.views.lines import SIMULATED

MAX_ROW_NAME = 50


def rescore_lines(report: Mapping[str, Any], grader: str) -> Iterator[str]:
    """One line per figure, then the largest flips."""
    for name, value in _facts(report, grader):
        yield f"[bold]{name:<20}[/]{value}"
    if report["flips"]:
        yield ""
        yield f"[bold]{'FLIPPED ROW':<{MAX_ROW_NAME}}  BEFORE  AFTER[/]"
    for each in report["flips"]:
        row = escape(text_line(each["row"], MAX_ROW_NAME))
        yield f"{row:<{MAX_ROW_NAME}}  {each['before']:>6.3f}  {each['after']:>5.3f}"


def _facts(report: Mapping[str, Any], grader: str) -> Iterator[tuple[str, str]]:
    yield "grader", escape(grader)
    yield "rollouts", f"{report['rollouts']:,}{f' {SIMULATED}' if report['simulated'] else ''}"
    yield "errors", f"{report['errors_before']:,} → {report['errors_after']:,}"
    for reason, count in report["error_reasons"].items():
        yield "", f"[red]{count:,} x[/] {escape(text_line(reason, 200))}"
    if report["mean_before"] is None:
        return
    yield "mean score", f"{report['mean_before']:.3f} → {report['mean_after']:.3f}"
    yield "scores changed", f"{report['changed']:,}, correlation {_number(report['correlation'])}"
    yield "solved", f"{report['now_solved']:,} now, {report['no_longer_solved']:,} no longer (score 0.5 or more)"
    if report["groups"]:
        yield (
            "order in groups",
            (f"{report['answer_pairs_reordered']:,} of {report['answer_pairs']:,} pairs of answers change places"),
        )
        before, after = report["groups_without_signal_before"], report["groups_without_signal_after"]
        yield "no signal", f"{before:,} → {after:,} of {report['groups']:,} groups have equal scores"
        yield (
            "advantages",
            (
                f"change by {report['mean_advantage_change']:.3f} on average; "
                f"{report['advantages_with_another_sign']:,} change their sign"
            ),
        )


def _number(value: float | None) -> str:
    return "not defined (one of the two does not vary)" if value is None else f"{value:.3f}"
