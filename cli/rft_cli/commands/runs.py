"""`rft list`, `show`, `events`, `cancel`, `approve`: one call each, and its answer."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer
from rich.console import Console

from rft.contracts.ledger import RunStatus
from rft_cli.client.deployment import deployment
from rft_cli.commands.options import ApiUrl, OutputOption, Region, RunId, Stack
from rft_cli.views.printing import Output, note, print_json, say
from rft_cli.views.summary import run_lines
from rft_cli.views.tables import event_lines, list_lines, status_line


def list_runs(
    *,
    status: Annotated[RunStatus | None, typer.Option(case_sensitive=False, help="Runs in this status.")] = None,
    name: Annotated[str | None, typer.Option(help="Runs of this name.")] = None,
    tag: Annotated[str | None, typer.Option(metavar="KEY=VALUE", help="Runs with this tag.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 25,
    cursor: Annotated[str | None, typer.Option(help="Go on where an earlier list ended.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them, however many.")] = False,
    api_url: ApiUrl = None,
    stack: Stack = None,
    region: Region = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """List runs, newest first."""
    filters = {k: str(v) for k, v in (("status", status), ("name", name), ("tag", tag)) if v is not None}
    plane = deployment(api_url=api_url, stack=stack, region=region).plane
    found = plane.runs(filters, limit=None if everything else limit, cursor=cursor)
    if output == Output.JSON:
        print_json(found)
        return
    if found["runs"]:
        say(Console(), list_lines(found["runs"]))
    else:
        note("no such runs" if filters else "no runs yet")
    if found["cursor"]:
        note(f"there may be more: --all, or --cursor {found['cursor']}")


def show(
    run_id: RunId,
    api_url: ApiUrl = None,
    stack: Stack = None,
    region: Region = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show a run as it stands: what was asked, what was found out, what came of it."""
    target = deployment(api_url=api_url, stack=stack, region=region)
    view = target.plane.run(run_id)
    if output == Output.JSON:
        print_json(view)
    else:
        say(Console(), run_lines(view))


def events(
    run_id: RunId,
    api_url: ApiUrl = None,
    stack: Stack = None,
    region: Region = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show every change of a run's status."""
    history = deployment(api_url=api_url, stack=stack, region=region).plane.events(run_id)
    if output == Output.JSON:
        print_json(history)
    else:
        say(Console(), event_lines(history["events"]))


def cancel(
    run_id: RunId,
    api_url: ApiUrl = None,
    stack: Stack = None,
    region: Region = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Stop a run, and its job with it."""
    answer = deployment(api_url=api_url, stack=stack, region=region).plane.cancel(run_id)
    _print_answer(answer, output, status_line(answer))


def approve(
    *,
    run_id: RunId,
    reject: Annotated[bool, typer.Option("--reject", help="Say no: the run ends without training.")] = False,
    by: Annotated[str | None, typer.Option(help="Who answers. Default: your user name here.")] = None,
    comment: Annotated[str, typer.Option(help="Kept with the answer.")] = "",
    api_url: ApiUrl = None,
    stack: Stack = None,
    region: Region = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Let a run that waits for approval go on to training, or not."""
    plane = deployment(api_url=api_url, stack=stack, region=region).plane
    answer = plane.approve(run_id, approved=not reject, by=by or getpass.getuser(), comment=comment)
    _print_answer(answer, output, f"{answer['run_id']}  {'rejected' if reject else 'approved'}")


def _print_answer(answer: dict[str, Any], output: Output, line: str) -> None:
    if output == Output.JSON:
        print_json(answer)
    else:
        say(Console(), [line])
