"""`rft watch`: a run's stages, findings and rewards as they come, and its outcome as the exit status."""

from __future__ import annotations

from typing import Annotated

import typer

from rft_cli.client.deployment import Deployment, deployment
from rft_cli.commands.follow import follow
from rft_cli.commands.options import ApiUrl, OutputOption, Region, RunId, Stack
from rft_cli.views.printing import Output, console_for, note, print_json, say
from rft_cli.views.summary import outcome_line, summary_lines

INTERVAL = 2.0
INTERRUPTED = 130
"""What a shell reports for a command ended by Ctrl-C."""


def watch(
    *,
    run_id: RunId,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = INTERVAL,
    api_url: ApiUrl = None,
    stack: Stack = None,
    region: Region = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Follow a run to its end; exit status 0 only if it is COMPLETED."""
    target = deployment(api_url=api_url, stack=stack, region=region)
    raise typer.Exit(watch_run(target, run_id, output, interval=interval))


def watch_run(target: Deployment, run_id: str, output: Output, *, interval: float = INTERVAL) -> int:
    """Follow a run to its end and return the command's exit status. Raises ApiError."""
    console = console_for(output)
    try:
        view = follow(target.plane, run_id, console, interval=interval)
    except KeyboardInterrupt:
        note(f"The run goes on: `rft watch {run_id}` follows it, `rft cancel {run_id}` ends it.")
        return INTERRUPTED
    if output == Output.JSON:
        print_json(view)
    else:
        say(console, ["", *summary_lines(view)])
    if view["status"] != "COMPLETED":
        note(f"[red]rft:[/] {outcome_line(view)}")
        return 1
    return 0
