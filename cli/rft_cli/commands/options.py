"""Options and arguments shared by several commands."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from rft_cli.views.printing import Output
from rft_client.deployment import Deployment

STACK_PANEL = "Deployed stack"

ApiUrl = Annotated[
    str | None,
    typer.Option("--api-url", metavar="URL", help="URL of the API. Default: RFT_API_URL.", rich_help_panel=STACK_PANEL),
]
Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="Read the API and bucket from this stack's outputs. Default: RFT_STACK.",
        rich_help_panel=STACK_PANEL,
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region", metavar="NAME", help="AWS region. Default: the API's, or AWS_REGION.", rich_help_panel=STACK_PANEL
    ),
]
Bucket = Annotated[
    str | None,
    typer.Option(
        "--bucket",
        metavar="NAME",
        help="Data bucket. Default: the stack's, or RFT_BUCKET.",
        rich_help_panel=STACK_PANEL,
    ),
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="json: only JSON on stdout, progress on stderr.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every check and every measured value.")]
RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help="Run ID, as shown by `rft list`.")]

STACK_OPTIONS: dict[str, Any] = {"api_url": ApiUrl, "stack": Stack, "region": Region}
"""Field of Deployment → option."""
BUCKET_OPTION: dict[str, Any] = {"bucket_name": Bucket}


def with_target(*, bucket: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: replaces the parameter `target`, a Deployment, by the options that identify a stack.

    `bucket` adds the option for the data bucket.
    """
    options = STACK_OPTIONS | (BUCKET_OPTION if bucket else {})

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**given: Any) -> None:
            target = Deployment(**{name: given.pop(name) for name in options})
            command(target=target, **given)

        signature = inspect.signature(command, eval_str=True)
        own = [parameter for parameter in signature.parameters.values() if parameter.name != "target"]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
            for name, option in options.items()
        ]
        run.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *added)}
        return run

    return decorate
