"""Pages with results: `rft report` for one run, `rft compare` for several, `rft console` for a stack's runs."""

from __future__ import annotations

import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from rft.text import text_block
from rft_cli.commands.options import OutputOption, RunId, with_target
from rft_cli.errors import CommandError
from rft_cli.views.comparison import comparison_lines
from rft_cli.views.printing import Output, print_json, print_lines, print_note
from rft_client.comparison import compare_runs, comparison_page, curves, read_run
from rft_client.deployment import Deployment
from rft_client.upload import unreadable_file

MAX_COMPARED = 6
"""Maximum number of distinguishable lines in a chart."""
TONES = {"good": "green", "bad": "red", "neutral": "yellow"}


class ComparisonOutput(StrEnum):
    """Output formats of a comparison."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


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
    """Save the report of an ended run as one self-contained page."""
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


@with_target()
def compare(
    *,
    runs: Annotated[list[str], typer.Argument(metavar="RUN_ID RUN_ID...", help="The first is the reference.")],
    target: Deployment,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="PATH", help="Where to save the page of --output html.")
    ] = None,
    output: Annotated[
        ComparisonOutput,
        typer.Option("--output", "-o", help="json, or html: one page with curves."),
    ] = ComparisonOutput.TEXT,
) -> None:
    """Compare runs: requests, rewards, and their models on shared test rows."""
    if not 2 <= len(set(runs)) <= MAX_COMPARED:
        raise CommandError(f"Pass two to {MAX_COMPARED} different run IDs; the first is the reference")
    found = [read_run(target.client, run_id) for run_id in dict.fromkeys(runs)]
    comparison = compare_runs(found)
    if output == ComparisonOutput.JSON:
        print_json(comparison)
    elif output == ComparisonOutput.HTML:
        path = file or Path("comparison.html")
        _save(path, comparison_page(comparison, curves(found)).encode())
        print_note(f"Comparison: {escape(str(path))}")
    else:
        print_lines(Console(), comparison_lines(comparison))


@with_target()
def console(
    *,
    target: Deployment,
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port on 127.0.0.1; 0: any.")] = 0,
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Show runs, curves and rollouts of a stack in a browser, on this machine only, until Ctrl-C.

    Requests are signed with your credentials; nothing is deployed.
    """
    import flask  # noqa: PLC0415, F401  before werkzeug, which the extra `local` brings too

    from rft_console.server import console_server  # noqa: PLC0415  in the extra `console`

    with console_server(target.client, port) as (server, address):
        print_lines(Console(soft_wrap=True), [address])
        if show and not webbrowser.open(address):
            print_note("No browser found; open the address yourself")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print_note("Console stopped")
