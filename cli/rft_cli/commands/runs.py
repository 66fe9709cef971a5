"""`rft list`, `show`, `events`, `evaluation`, `cancel`, `approve`: one API call each."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from rft.contracts.ledger import RunStatus
from rft.text import text_line
from rft_cli.commands.options import OutputOption, RunId, Verbose, with_target
from rft_cli.views.evaluation import evaluation_table
from rft_cli.views.printing import Output, print_json, print_lines, print_note
from rft_cli.views.summary import run_lines
from rft_cli.views.tables import event_lines, list_lines, status_line
from rft_client.deployment import Deployment


@with_target()
def list_runs(
    *,
    target: Deployment,
    status: Annotated[
        RunStatus | None, typer.Option(metavar="STATUS", case_sensitive=False, help="Only runs in this status.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Only runs of this name.")] = None,
    tag: Annotated[str | None, typer.Option(metavar="KEY=VALUE", help="Only runs with this tag.")] = None,
    requested_by: Annotated[str | None, typer.Option(metavar="ID", help="Only runs that ID started.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Maximum runs to show.")] = 25,
    cursor: Annotated[str | None, typer.Option(metavar="CURSOR", help="Continue an earlier list.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show all runs.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """List runs, newest first."""
    given = {"status": status, "name": name, "tag": tag, "requested_by": requested_by}
    filters = {name: str(value) for name, value in given.items() if value is not None}
    found = target.client.runs(filters, limit=None if everything else limit, cursor=cursor)
    if output == Output.JSON:
        print_json(found)
        return
    console = Console()
    if found["runs"]:
        print_lines(console, list_lines(found["runs"], now=datetime.now(UTC), width=_width(console)))
    else:
        print_note("No runs match" if filters else "No runs yet")
    if found["cursor"]:
        print_note(f"More runs may follow: use --all or --cursor {found['cursor']}")


@with_target()
def show(*, run_id: RunId, target: Deployment, verbose: Verbose = False, output: OutputOption = Output.TEXT) -> None:
    """Show a run: its request, what each stage found, and its result."""
    view = target.client.run(run_id)
    if output == Output.JSON:
        print_json(view)
    else:
        print_lines(Console(), run_lines(view, verbose=verbose))


@with_target()
def evaluation(*, run_id: RunId, target: Deployment, output: OutputOption = Output.TEXT) -> None:
    """Show whether a run's model is better than the base model, with the evidence."""
    view = target.client.run(run_id)
    if output == Output.JSON:
        print_json({name: view[name] for name in ("run_id", "status", "calibration", "evaluation")})
    else:
        print_lines(Console(), evaluation_table(view))


@with_target()
def events(*, run_id: RunId, target: Deployment, output: OutputOption = Output.TEXT) -> None:
    """Show every status change of a run."""
    history = target.client.events(run_id)
    if output == Output.JSON:
        print_json(history)
    else:
        print_lines(Console(), event_lines(history["events"]))


@with_target()
def cancel(*, run_id: RunId, target: Deployment, output: OutputOption = Output.TEXT) -> None:
    """Cancel a run and stop its training job."""
    answer = target.client.cancel(run_id)
    _print_answer(answer, output, status_line(answer))


@with_target()
def approve(
    *,
    run_id: RunId,
    target: Deployment,
    reject: Annotated[bool, typer.Option("--reject", help="Reject the run: it ends without training.")] = False,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides. Default: your user name.")] = None,
    comment: Annotated[str, typer.Option(metavar="TEXT", help="Recorded with the decision.")] = "",
    output: OutputOption = Output.TEXT,
) -> None:
    """Approve or reject a run that waits for approval."""
    name = by or getpass.getuser()
    answer = target.client.approve(run_id, approved=not reject, by=name, comment=comment)
    _print_answer(answer, output, f"{answer['run_id']}  {'rejected' if reject else 'approved'}")
    first = (answer.get("approval") or {}).get("decision") or {"by": name, "comment": comment}
    if (first["by"], first["comment"]) != (text_line(name), text_line(comment)):
        print_note(escape(_decided_before(first)))


def _decided_before(first: dict[str, Any]) -> str:
    comment = f": {first['comment']}" if first["comment"] else ""
    return f"{first['by']} had decided the same at {first['at'][:19]}Z{comment}; your name and comment are not recorded"


def _print_answer(answer: dict[str, Any], output: Output, line: str) -> None:
    if output == Output.JSON:
        print_json(answer)
    else:
        print_lines(Console(), [line])


def _width(console: Console) -> int | None:
    return console.width if console.is_terminal else None
