"""`rft report`: everything that a run found, as a page to open or as JSON."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from rft.text import text_block
from rft_cli.client.deployment import Deployment
from rft_cli.client.upload import unreadable_file
from rft_cli.commands.options import OutputOption, RunId, with_target
from rft_cli.errors import CommandError
from rft_cli.views.printing import Output, print_json, print_lines

TONES = {"good": "green", "bad": "red", "neutral": "yellow"}


@with_target()
def report(
    *,
    run_id: RunId,
    target: Deployment,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="PATH", help="Where to save the page. Default: RUN_ID.html.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Save the report of a run that has ended: one page that loads nothing."""
    figures = target.client.report(run_id)
    if output == Output.JSON:
        print_json(figures)
        return
    path = file or Path(f"{run_id}.html")
    _save(path, target.client.report_page(run_id))
    headline = figures["headline"]
    colour = TONES.get(headline["tone"], "yellow")
    print_lines(Console(), [f"[{colour}]{escape(text_block(headline['sentence']))}[/]", f"Report: {escape(str(path))}"])
    if show and not webbrowser.open(path.resolve().as_uri()):
        raise CommandError(f"No browser found; open {path} yourself")


def _save(path: Path, page: bytes) -> None:
    try:
        path.write_bytes(page)
    except OSError as error:
        raise unreadable_file(path, error, verb="write") from error
