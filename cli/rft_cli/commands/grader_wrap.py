"""`rft grader wrap`: wraps a reward function written for another tool in a Lambda folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rft_cli.graders.wrapping import Kind, wrap


def grader_wrap(
    source: Annotated[
        str, typer.Argument(metavar="FILE[:FUNCTION]", help="File of a reward function; it is not changed.")
    ],
    *,
    kind: Annotated[Kind, typer.Option(help="Tool that it was written for.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write; must be new or empty.")],
) -> None:
    """Write a Lambda folder around a reward function of TRL, verl, OpenAI, verifiers or eval-protocol."""
    typer.echo(wrap(source, kind, out))
