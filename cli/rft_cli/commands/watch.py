"""`rft watch`: follows a run's stages, checks and rewards; the exit status is its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from rft.text import text_line
from rft_cli.commands.follow import follow_run
from rft_cli.commands.options import OutputOption, RunId, Verbose, with_target
from rft_cli.views.printing import Output, console_for, print_json, print_lines, print_note
from rft_cli.views.summary import summary_lines
from rft_client.api_client import ApiClient
from rft_client.deployment import Deployment

INTERVAL_SECONDS = 2.0
INTERRUPTED = 130
"""Conventional exit status of a command ended by Ctrl-C (128 + SIGINT)."""
PIPE_CLOSED = 141
"""Exit status if the pipe is closed (128 + SIGPIPE); not 0, which means COMPLETED."""


@with_target()
def watch(
    *,
    run_id: RunId,
    target: Deployment,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="Polling interval in seconds.")
    ] = INTERVAL_SECONDS,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Follow a run until it ends. Exit status 0 only if it is COMPLETED."""
    raise typer.Exit(watch_run(target.client, run_id, output, interval=interval, verbose=verbose))


def report_started(
    client: ApiClient, accepted: Mapping[str, Any], output: Output, *, watch: bool, verbose: bool
) -> None:
    """Prints the API's response, or follows the run and exits with its status. Raises ApiError."""
    if watch:
        print_note(f"started {accepted['run_id']}")
        raise typer.Exit(watch_run(client, accepted["run_id"], output, verbose=verbose))
    if output == Output.JSON:
        print_json(accepted)
    else:
        typer.echo(text_line(accepted["run_id"]))


def watch_run(
    client: ApiClient, run_id: str, output: Output, *, interval: float = INTERVAL_SECONDS, verbose: bool = False
) -> int:
    """Follow a run until it ends and return the command's exit status. Raises ApiError."""
    console = console_for(output)
    try:
        view = follow_run(client, run_id, console, interval=interval, verbose=verbose)
        print_lines(console, ["", *summary_lines(view)])
        if output == Output.JSON:
            print_json(view)
    except KeyboardInterrupt:
        print_note(f"The run continues: `rft watch {run_id}` follows it, `rft cancel {run_id}` cancels it.")
        return INTERRUPTED
    except BrokenPipeError:
        return PIPE_CLOSED
    return 0 if view["status"] == "COMPLETED" else 1
