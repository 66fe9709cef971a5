"""`rft experiment start|list|show|watch|cancel`: several runs under one budget."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from rft.text import text_line
from rft_cli.commands.options import OutputOption, with_target
from rft_cli.commands.watch import INTERRUPTED
from rft_cli.views.experiments import ENDED, experiment_lines, experiment_list_lines, progress_line
from rft_cli.views.printing import Output, console_for, print_json, print_lines, print_note
from rft_client.dataset import with_uploaded_dataset
from rft_client.deployment import Deployment
from rft_client.request import Request, read_experiment, validated_experiment, with_fields

ExperimentId = Annotated[str, typer.Argument(metavar="EXPERIMENT_ID", help="ID of the experiment.")]
INTERVAL_SECONDS = 5.0


@with_target(bucket=True)
def start(
    *,
    target: Deployment,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The experiment in JSON or YAML.")],
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="Idempotency key: a retry returns the same experiment.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the experiment until it ends.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Start an experiment and print its ID. A local base.dataset.uri is uploaded first."""
    accepted = target.client.start_experiment(_ready(read_experiment(file), target), key=key)
    if watch:
        print_note(f"started {accepted['experiment_id']}")
        raise typer.Exit(_follow(target, accepted["experiment_id"], INTERVAL_SECONDS, output))
    if output == Output.JSON:
        print_json(accepted)
    else:
        typer.echo(text_line(accepted["experiment_id"]))


@with_target()
def list_experiments(
    *,
    target: Deployment,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Maximum experiments to show.")] = 25,
    output: OutputOption = Output.TEXT,
) -> None:
    """List experiments, newest first."""
    found = target.client.experiments(limit=limit)
    if output == Output.JSON:
        print_json(found)
    elif found["experiments"]:
        print_lines(Console(), experiment_list_lines(found["experiments"]))
    else:
        print_note("No experiments yet")


@with_target()
def show(*, experiment_id: ExperimentId, target: Deployment, output: OutputOption = Output.TEXT) -> None:
    """Show an experiment: its arms, their spending, and the leaderboard once it has ended."""
    view = target.client.experiment(experiment_id)
    if output == Output.JSON:
        print_json(view)
    else:
        print_lines(Console(), experiment_lines(view))


@with_target()
def watch(
    *,
    experiment_id: ExperimentId,
    target: Deployment,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="Polling interval in seconds.")
    ] = INTERVAL_SECONDS,
    output: OutputOption = Output.TEXT,
) -> None:
    """Follow an experiment until it ends. Exit status 0 only if it is COMPLETED."""
    raise typer.Exit(_follow(target, experiment_id, interval, output))


@with_target()
def cancel(*, experiment_id: ExperimentId, target: Deployment, output: OutputOption = Output.TEXT) -> None:
    """Cancel an experiment with all its runs and their jobs."""
    view = target.client.cancel_experiment(experiment_id)
    if output == Output.JSON:
        print_json(view)
    else:
        typer.echo(f"{text_line(view['experiment_id'])}  {view['status']}")


def _ready(request: Request, target: Deployment) -> Request:
    """Validates the experiment in full, then uploads its base's local dataset."""
    checked = validated_experiment(request)
    named = {"name": checked["name"], **checked["base"]}
    uploaded = with_uploaded_dataset(named, target)
    return with_fields(checked, [("base.dataset.uri", uploaded["dataset"]["uri"])])


def _follow(target: Deployment, experiment_id: str, interval: float, output: Output) -> int:
    """Prints a line for every change, then the whole experiment."""
    console, before = console_for(output), ""
    try:
        while True:
            view: dict[str, Any] = target.client.experiment(experiment_id)
            if (line := progress_line(view)) != before:
                print_lines(console, [line])
                before = line
            if view["status"] in ENDED:
                break
            time.sleep(interval)
    except KeyboardInterrupt:
        print_note(f"The experiment continues: `rft experiment watch {experiment_id}` follows it.")
        return INTERRUPTED
    print_lines(console, ["", *experiment_lines(view)])
    if output == Output.JSON:
        print_json(view)
    return 0 if view["status"] == "COMPLETED" else 1
