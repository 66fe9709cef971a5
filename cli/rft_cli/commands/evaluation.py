"""`rft evaluation`: what calibration and evaluation of a run found."""

from __future__ import annotations

from rich.console import Console

from rft_cli.client.deployment import deployment
from rft_cli.commands.options import ApiUrl, OutputOption, Region, RunId, Stack
from rft_cli.views.evaluation import evaluation_table
from rft_cli.views.printing import Output, print_json, say


def evaluation(
    run_id: RunId,
    api_url: ApiUrl = None,
    stack: Stack = None,
    region: Region = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show whether a run's model is better than the base model, and what that rests on."""
    view = deployment(api_url=api_url, stack=stack, region=region).plane.run(run_id)
    if output == Output.JSON:
        print_json({name: view[name] for name in ("run_id", "status", "calibration", "evaluation")})
    else:
        say(Console(), evaluation_table(view))
