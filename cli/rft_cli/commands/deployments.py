"""`rft deployments`, `rft rollback` and `rft undeploy`: deployments changed by promotions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from rft_cli.commands.options import OutputOption, with_target
from rft_cli.views.deployments import deployment_lines
from rft_cli.views.printing import Output, print_json, print_lines, print_note
from rft_client.deployment import Deployment


@with_target()
def deployments(*, target: Deployment, output: OutputOption = Output.TEXT) -> None:
    """List deployments changed by promotions: the served model, and who changed it when."""
    found = target.client.deployments()
    if output == Output.JSON:
        print_json(found)
    elif found["deployments"]:
        print_lines(Console(), (line for each in found["deployments"] for line in deployment_lines(each)))
    else:
        print_note("No deployments yet: a run with promotion.deployment makes one")


@with_target()
def rollback(
    *,
    name: Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="The deployment's name.")],
    target: Deployment,
    output: OutputOption = Output.TEXT,
) -> None:
    """Roll back a deployment to the model that it served before."""
    _print_deployment(target.client.roll_back(name), output)


@with_target()
def undeploy(
    *,
    name: Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="The deployment's name.")],
    target: Deployment,
    output: OutputOption = Output.TEXT,
) -> None:
    """Delete a deployment; its models and its history are kept."""
    _print_deployment(target.client.delete_deployment(name), output)


def _print_deployment(found: Mapping[str, Any], output: Output) -> None:
    if output == Output.JSON:
        print_json(found)
    else:
        print_lines(Console(), deployment_lines(found))
