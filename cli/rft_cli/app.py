"""The `rft` command and its subcommands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import click
import typer
from rich.console import Console
from rich.markup import escape

from rft_cli.control_plane import ApiError
from rft_cli.demo import SAMPLE
from rft_cli.demo import demo as run_demo

INTERRUPTED = 130  # what a shell reports for a command ended by Ctrl-C

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Reinforcement fine-tuning of Amazon Nova on Amazon Bedrock, unattended and safely.",
)


@app.callback()
def rft() -> None:
    """Keep `demo` a subcommand while it is the only one."""


@app.command()
def demo(
    dataset: Annotated[
        Path, typer.Option(help="Raw records; default: the sample that comes with the project.")
    ] = SAMPLE,
    task: Annotated[str, typer.Option(help="The dataset's task.")] = "pandalm",
) -> None:
    """Run the main job on this machine, on an emulated AWS: no account, no Docker, no cost."""
    raise typer.Exit(run_demo(dataset, task, Console()))


def main() -> None:
    """Entry point: expected failures end in one line on stderr and exit status 1, misuse in 2."""
    errors = Console(stderr=True)
    try:
        sys.exit(app(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (ApiError, OSError) as error:
        errors.print(f"[red]rft:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        errors.print("rft: interrupted", highlight=False)
        sys.exit(INTERRUPTED)
