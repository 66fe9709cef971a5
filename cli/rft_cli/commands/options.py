"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from rft_cli.views.printing import Output

HERE = "Which stack"

ApiUrl = Annotated[
    str | None, typer.Option("--api-url", help="Address of the API. Default: RFT_API_URL.", rich_help_panel=HERE)
]
Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        help="Stack whose outputs name API and bucket. Default: RFT_STACK.",
        rich_help_panel=HERE,
    ),
]
Region = Annotated[
    str | None, typer.Option("--region", help="AWS region. Default: the API's, or AWS_REGION.", rich_help_panel=HERE)
]
Bucket = Annotated[
    str | None,
    typer.Option("--bucket", help="Data bucket. Default: the stack's, or RFT_BUCKET.", rich_help_panel=HERE),
]
OutputOption = Annotated[
    Output, typer.Option("--output", "-o", help="json: nothing but JSON on stdout, progress on stderr.")
]
RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help="The run, as `rft list` shows it.")]
