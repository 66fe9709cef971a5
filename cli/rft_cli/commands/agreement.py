"""`rft agreement`: agreement between two lists of verdicts or scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from rft.contracts.agreement import Agreement, Figures, Interval, ScoreAgreement
from rft.smoke_test.agreement import agreement as measure
from rft_cli.commands.options import OutputOption
from rft_cli.errors import CommandError
from rft_cli.graders.hand_scores import compare_scores, is_scores
from rft_cli.views.printing import Output, console_for, print_json

NO_VALUE = "\N{EN DASH}"


def agreement(
    truth: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Reference: a JSON array of verdicts, or a CSV or JSONL file of scores."),
    ],
    predictions: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The judge's or grader's: as many verdicts, or scores by row ID."),
    ],
    output: OutputOption = Output.TEXT,
) -> None:
    """Measure the agreement of two lists of verdicts or scores.

    Verdicts: accuracy, macro precision, recall, F1, and Cohen's kappa. A verdict is 1, 2 or 0 (tie), "Response 1",
    "Response 2" or "Tie", or a text that names one of them. Unparsable verdicts are excluded from the first column of
    figures and count as wrong in the second.

    Scores, of any task: CSV or JSONL with a row ID (id, row_id or task_id) and score. Rank correlation, and kappa on
    which rows are good at thresholds, with intervals.
    """
    if is_scores(truth) and is_scores(predictions):
        scores = compare_scores(truth, predictions)
        if output == Output.JSON:
            print_json(scores.model_dump(mode="json"))
        else:
            console_for(output).print(_score_figures(scores), "", _thresholds(scores), sep="\n", highlight=False)
        return
    sides = _verdicts(truth), _verdicts(predictions)
    if len(sides[0]) != len(sides[1]):
        raise CommandError(
            f"{truth} has {len(sides[0])} verdicts and {predictions} has {len(sides[1])}; the lengths must be equal"
        )
    found = measure(*sides)
    if output == Output.JSON:
        print_json(found.model_dump(mode="json"))
    else:
        console_for(output).print(_figures(found), "", _confusion(found), sep="\n", highlight=False)


def _score_figures(found: ScoreAgreement) -> Table:
    table = Table("", "", box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_row("rows", f"{found.n} in both, {found.only_truth} by hand only, {found.only_grader} by the grader only")
    table.add_row("rank correlation", _with_interval(found.spearman, found.spearman_interval))
    table.add_row("mean difference", f"{found.mean_difference:+.3f} (grader minus hand)")
    return table


def _thresholds(found: ScoreAgreement) -> Table:
    """Agreement on which rows are good, at shares of the score range."""
    table = Table("good from", "by hand", "grader", "accuracy", "kappa", box=None, padding=(0, 2, 0, 0))
    for at in found.thresholds:
        limits = (f"{at.share:.0%}", f"{at.hand_limit:g}", f"{at.grader_limit:g}")
        table.add_row(*limits, _shown(at.accuracy), _with_interval(at.kappa, at.kappa_interval))
    return table


def _verdicts(path: Path) -> list[Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, list):
        raise CommandError(f"{path} must contain a JSON array with one verdict per row")
    return value


def _figures(found: Agreement) -> Table:
    wrong = found.unparsable_as_wrong
    table = Table("", "parsed rows", "unparsable as wrong", box=None, padding=(0, 2, 0, 0))
    table.add_row("rows", f"{found.parsed} of {found.n}", str(wrong.n))
    for name in ("accuracy", "macro_precision", "macro_recall", "macro_f1"):
        table.add_row(name.replace("_", " "), _shown(getattr(found, name)), _shown(getattr(wrong, name)))
    table.add_row("kappa", _kappa(found), _kappa(wrong))
    return table


def _kappa(figures: Figures) -> str:
    return _with_interval(figures.kappa, figures.kappa_interval)


def _with_interval(value: float | None, interval: Interval | None) -> str:
    if interval is None:
        return _shown(value)
    low, high = interval
    return f"{_shown(value)}  ({low:.3f} to {high:.3f})"


def _shown(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.3f}"


def _confusion(found: Agreement) -> Table:
    """Confusion matrix over all rows: truth by prediction."""
    confusion = found.unparsable_as_wrong.confusion
    table = Table("truth", *next(iter(confusion.values()), {}), box=None, padding=(0, 2, 0, 0))
    for truth, row in confusion.items():
        table.add_row(truth, *map(str, row.values()))
    return table
