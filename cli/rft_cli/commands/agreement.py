"""`rft agreement`: how far one list of verdicts agrees with another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from rft.contracts.agreement import Agreement, Figures
from rft.smoke_test.agreement import agreement as measured
from rft_cli.commands.options import OutputOption
from rft_cli.errors import CommandError
from rft_cli.views.printing import Output, console_for, print_json

NO_FIGURE = "\N{EN DASH}"


def agreement(
    truth: Annotated[Path, typer.Option(help="A JSON array: the verdicts to agree with, such as people's.")],
    predictions: Annotated[Path, typer.Option(help="A JSON array of as many verdicts: a judge's, row by row.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Measure how far verdicts agree: accuracy, macro precision, recall and F1, and Cohen's kappa.

    A verdict is 1, 2 or 0 (a tie), "Response 1", "Response 2" or "Tie", or a text that names one of them. What cannot
    be read is counted, left out of the first set of figures, and wrong in the second.
    """
    sides = _verdicts(truth), _verdicts(predictions)
    if len(sides[0]) != len(sides[1]):
        raise CommandError(
            f"{truth} holds {len(sides[0])} verdicts and {predictions} {len(sides[1])}; they must pair up"
        )
    found = measured(*sides)
    if output == Output.JSON:
        print_json(found.model_dump(mode="json"))
    else:
        console_for(output).print(_figures(found), "", _confusion(found), sep="\n", highlight=False)


def _verdicts(path: Path) -> list[Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, list):
        raise CommandError(f"{path} holds no array; verdicts are one JSON array, one for each row")
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
    if figures.kappa_interval is None:
        return _shown(figures.kappa)
    low, high = figures.kappa_interval
    return f"{_shown(figures.kappa)}  ({low:.3f} to {high:.3f})"


def _shown(value: float | None) -> str:
    return NO_FIGURE if value is None else f"{value:.3f}"


def _confusion(found: Agreement) -> Table:
    """Rows are the truth, columns the predictions, over all rows."""
    confusion = found.unparsable_as_wrong.confusion
    table = Table("truth", *next(iter(confusion.values()), {}), box=None, padding=(0, 2, 0, 0))
    for truth, row in confusion.items():
        table.add_row(truth, *map(str, row.values()))
    return table
