"""What a grader made of right, wrong and hostile answers: figures, a histogram, and what is wrong with it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rft.contracts.thresholds import Thresholds
from rft.grading.error_reason import ReasonCount, grouped
from rft.smoke_test.checks.exploits import padding_gains
from rft.smoke_test.checks.result import EPSILON
from rft.smoke_test.probes import PADDED, RIGHT, SWAPPED, WRONG
from rft.smoke_test.replies import SWEEP, Scored
from rft.smoke_test.shapes import SHAPES

BINS = 10
COLOURS = {"right": "green", "wrong": "yellow", "hostile": "red"}
"""Groups of answers, as the histogram shows them."""

LONGEST_BAR = 40
MAX_SHOWN_ERRORS = 5
NO_FIGURE = "\N{EN DASH}"

Report = Mapping[str, Any]


def figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """`kinds`, `histogram` and `findings`; no findings is what one hopes for."""
    swept = [one for one in scored if one.trial == SWEEP]
    kinds = list(dict.fromkeys(one.probe.kind for one in swept))
    return {
        "answers": len(swept),
        "kinds": [_of_kind(kind, [one for one in swept if one.probe.kind == kind]) for kind in kinds],
        "histogram": _histogram(swept),
        "findings": list(_findings(scored)),
    }


def show(console: Console, report: Report) -> None:
    """Print a report: a table by kind of answer, a histogram of scores, the findings."""
    console.print(f"[bold]{escape(report['grader'])}[/]", highlight=False, soft_wrap=True)
    left_out = f", {report['bad_records']} bad records left out" if report["bad_records"] else ""
    rows = f"{report['answers']} answers to {report['rows']} rows of {report['task']}{left_out}"
    console.print(f"{rows}\n", highlight=False)
    for problem in report["problems"]:
        console.print(f"[yellow]![/] {escape(problem)}", highlight=False, soft_wrap=True)
    console.print(_table(report["kinds"]), "", _bars(report["histogram"]), "", sep="\n")
    for finding in report["findings"]:
        console.print(f"[red]✗[/] {escape(finding)}", highlight=False, soft_wrap=True)
    if not report["findings"]:
        console.print("[green]✓[/] right answers earn more than all others, and every answer has a score")


def _of_kind(kind: str, scored: Sequence[Scored]) -> dict[str, Any]:
    scores = [one.score for one in scored if one.score is not None]
    return {
        "kind": kind,
        "answers": len(scored),
        "mean": round(statistics.fmean(scores), 4) if scores else None,
        "lowest": min(scores, default=None),
        "highest": max(scores, default=None),
        "without_score": len(scored) - len(scores),
    }


def _group(kind: str) -> str:
    if kind in {RIGHT, PADDED}:
        return "right"
    return "wrong" if kind in {WRONG, SWAPPED} else "hostile"


def _histogram(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    scores = [(_group(one.probe.kind), one.score) for one in scored if one.score is not None]
    bins = Counter((group, min(int(score * BINS), BINS - 1)) for group, score in scores)
    return [
        {"from": at / BINS, "to": (at + 1) / BINS, **{group: bins[group, at] for group in COLOURS}}
        for at in range(BINS)
    ]


def _findings(scored: Sequence[Scored]) -> Iterator[str]:
    """What nobody should train on, most serious first."""
    swept = [one for one in scored if one.trial == SWEEP]
    for each in _error_groups(swept)[:MAX_SHOWN_ERRORS]:
        yield f"{each.count} of {len(swept)} answers have no score: {each.reason}, for example {each.example}"
    known = {each.reason for each in _error_groups(swept)}
    for shape in SHAPES:
        for each in _error_groups(one for one in scored if one.trial == shape and one.error not in known)[:1]:
            yield f"{each.count} answers sent as {shape} have no score: {each.reason}, for example {each.example}"
    scored = swept
    right = _best_right(scored)
    if not right:
        yield "no row has a right answer with a score, so nothing shows that right answers earn more"
        return
    beaten = Counter(kind for kind, _ in dict.fromkeys(_beating(scored, right)))
    for kind, count in beaten.most_common():
        yield f"{kind.replace('_', ' ')}: earns as much as a right answer in {count} of {len(right)} rows"
    gains = padding_gains(scored, {one.probe.id: one.score for one in scored if one.score is not None})
    higher = sum(gain > EPSILON for gain, _ in gains)
    if higher > len(gains) * Thresholds().length_block:
        yield f"padding with empty words raises the score of {higher} of {len(gains)} right answers"


def _error_groups(scored: Iterable[Scored]) -> list[ReasonCount]:
    return grouped((one.error, one.probe.source.row.task_id) for one in scored if one.error)


def _best_right(scored: Sequence[Scored]) -> dict[int, float]:
    """The best right answer's score, by row."""
    best: dict[int, float] = {}
    for one in scored:
        if one.probe.kind == RIGHT and one.score is not None:
            row = one.probe.source.position
            best[row] = max(one.score, best.get(row, 0.0))
    return best


def _beating(scored: Sequence[Scored], right: Mapping[int, float]) -> Iterator[tuple[str, int]]:
    """Kinds of answers that earn as much as a right one, with the row where they do."""
    for one in scored:
        row = one.probe.source.position
        if _group(one.probe.kind) != "right" and one.score is not None and row in right and one.score >= right[row]:
            yield one.probe.kind, row


def _table(kinds: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("answers", box=None, padding=(0, 2, 0, 0))
    for head in ("n", "mean", "lowest", "highest", "no score"):
        table.add_column(head, justify="right")
    for kind in kinds:
        scores = [kind[name] for name in ("mean", "lowest", "highest")]
        shown = (NO_FIGURE if score is None else f"{score:.2f}" for score in scores)
        table.add_row(kind["kind"].replace("_", " "), str(kind["answers"]), *shown, str(kind["without_score"] or ""))
    return table


def _bars(histogram: Sequence[Mapping[str, Any]]) -> Table:
    """One bar per tenth: right answers, then wrong, then hostile ones."""
    heads = " · ".join(f"[{colour}]{group}[/]" for group, colour in COLOURS.items())
    table = Table("score", heads, box=None, padding=(0, 2, 0, 0))
    most = max(sum(tenth[group] for group in COLOURS) for tenth in histogram) or 1
    for tenth in histogram:
        counts = [tenth[group] for group in COLOURS]
        widths = [-(-count * LONGEST_BAR // most) for count in counts]
        bar = "".join(f"[{c}]{'█' * width}[/]" for c, width in zip(COLOURS.values(), widths, strict=True))
        said = " " + " · ".join(map(str, counts)) if any(counts) else ""
        table.add_row(f"{tenth['from']:.1f} to {tenth['to']:.1f}", bar + said)
    return table
