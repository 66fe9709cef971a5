"""`rft evaluate` and `rft promote`: runs that begin with the model of an earlier run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rft_cli.commands.options import OutputOption, RunId, Verbose, with_target
from rft_cli.commands.watch import report_started
from rft_cli.views.printing import Output
from rft_client.deployment import Deployment
from rft_client.request import parse_assignment, validated, with_fields

Watch = Annotated[bool, typer.Option("--watch", "-w", help="Follow the run until it ends.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set another field, e.g. evaluation.rows=200. Repeatable."),
]


@with_target()
def evaluate(
    *,
    run_id: RunId,
    target: Deployment,
    changes: Changes = None,
    watch: Watch = False,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Evaluate a run's model again, in a run of its own, and print that run's ID."""
    fields = [("start_from", {"run_id": run_id, "stage": "evaluation"}), ("promotion", None)]
    _start(
        target, run_id, [*fields, *map(parse_assignment, changes or ())], watch=watch, verbose=verbose, output=output
    )


@with_target()
def promote(
    *,
    run_id: RunId,
    target: Deployment,
    deployment: Annotated[str, typer.Option("--to", metavar="DEPLOYMENT", help="The deployment that it takes over.")],
    always: Annotated[bool, typer.Option("--always", help="Promote whatever the verdict.")] = False,
    watch: Watch = False,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Let a run's model take over a deployment, in a run of its own, and print that run's ID."""
    promotion = {"deployment": deployment, "when": "always" if always else "better"}
    fields: list[tuple[str, Any]] = [
        ("start_from", {"run_id": run_id, "stage": "promotion"}),
        ("promotion", promotion),
        ("evaluation.enabled", True),
    ]
    _start(target, run_id, fields, watch=watch, verbose=verbose, output=output)


def _start(
    target: Deployment,
    run_id: str,
    fields: list[tuple[str, Any]],
    *,
    watch: bool,
    verbose: bool,
    output: Output,
) -> None:
    request = validated(with_fields(target.client.run(run_id)["request"], fields))
    accepted = target.client.start_run(request)
    report_started(target.client, accepted, output, watch=watch, verbose=verbose)
