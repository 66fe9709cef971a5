"""`rft grader wrap`: a Lambda folder around a reward function that was written for another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rft_cli.graders.wrapping import Kind, wrap


def grader_wrap(
    named: Annotated[
        str, typer.Argument(metavar="PATH[:FUNCTION]", help="A reward function's file, which stays as it is.")
    ],
    *,
    kind: Annotated[Kind, typer.Option(help="The tool that it was written for.")],
    out: Annotated[Path, typer.Option(help="The folder to write; it must be new or empty.")],
) -> None:
    """Write a Lambda folder around a reward function of TRL, verl, OpenAI, verifiers or eval-protocol."""
    typer.echo(wrap(named, kind, out))
