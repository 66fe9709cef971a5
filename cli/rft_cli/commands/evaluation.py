"""`rft evaluation`: what calibration and evaluation of a run found."""

from __future__ import annotations

from rich.console import Console

from rft_cli.commands.options import OutputOption, RunId, with_target
from rft_cli.views.evaluation import evaluation_table
from rft_cli.views.printing import Output, print_json, print_lines
from rft_client.deployment import Deployment


@with_target()
def evaluation(*, run_id: RunId, target: Deployment, output: OutputOption = Output.TEXT) -> None:
    """Show whether a run's model is better than the base model, and what that rests on."""
    view = target.client.run(run_id)
    if output == Output.JSON:
        print_json({name: view[name] for name in ("run_id", "status", "calibration", "evaluation")})
    else:
        print_lines(Console(), evaluation_table(view))
