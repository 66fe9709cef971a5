"""`rft download`: all files of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from rft_cli.commands.options import OutputOption, RunId, with_target
from rft_cli.views.printing import Output, console_for, print_json, print_lines
from rft_client.deployment import Deployment
from rft_client.download import RunDownload


@with_target()
def download(
    *,
    run_id: RunId,
    target: Deployment,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to. Default: a folder named after the run.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Download every file of a run. Run it again to resume: existing files are skipped."""
    into = folder or Path(run_id)
    console = console_for(output)
    with _progress(console) as bar:
        task = bar.add_task("files", total=0)
        loading = RunDownload(
            target.client,
            run_id,
            into,
            announce=lambda total: bar.update(task, total=total),
            advance=lambda more: bar.advance(task, more),
        )
        loading.load_all()
    found = {"folder": str(into), "files": loading.files, "loaded": loading.loaded, "bytes": loading.bytes}
    if output == Output.JSON:
        print_json(found)
    else:
        there = f", {loading.files - loading.loaded:,} already there" if loading.loaded < loading.files else ""
        print_lines(console, [f"{loading.files:,} files in {escape(str(into))} ({loading.loaded:,} loaded{there})"])


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(20),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
