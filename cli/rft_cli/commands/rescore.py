"""`rft rescore`: grades a run's stored answers with another grader, and shows what would change. Read-only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from rft.contracts.http.api import RunView
from rft.runs.simulated import is_emulated
from rft_cli.commands.options import OutputOption, RunId, with_target
from rft_cli.graders.grader_under_test import GraderUnderTest, open_grader
from rft_cli.graders.rescoring import as_lines, rescore, run_rows, with_answers
from rft_cli.graders.score_changes import RescoredRollout, score_changes
from rft_cli.views.printing import Output, console_for, print_json, print_lines
from rft_cli.views.rescore_report import rescore_lines
from rft_client.answers import typed
from rft_client.deployment import Deployment

DEFAULT_GROUP = 4
"""Default number of answers per prompt and step, as in AWS's sample."""


@with_target()
def rescore_run(
    *,
    run_id: RunId,
    target: Deployment,
    grader: Annotated[
        str,
        typer.Option("--grader", metavar="GRADER", help="A grader name, Lambda ARN, or path ending in .py."),
    ],
    errors: Annotated[bool, typer.Option("--errors", help="Only answers that could not be graded.")] = False,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="PATH", help="Write both scores of each answer, as JSON lines.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Grade a run's stored answers again and compare scores, order in groups, and advantages."""
    opened = open_grader(grader)
    view = typed(RunView, target.client.run(run_id))
    found = target.client.rollouts(run_id, {"errors": "true"} if errors else {})
    rollouts, rows = with_answers(found, run_id, errors=errors), run_rows(target.client, run_id)
    bounds = view.request.score_range
    rescored = []
    with _progress(output) as bar:
        task = bar.add_task("grading", total=len(rollouts))
        for each in rescore(rollouts, rows, opened, bounds=bounds):
            rescored.append(each)
            bar.advance(task)
    if file is not None:
        file.write_text("".join(f"{line}\n" for line in as_lines(rescored)), encoding="ascii")
    _print(rescored, opened, view, output)


def _print(rescored: list[RescoredRollout], grader: GraderUnderTest, view: RunView, output: Output) -> None:
    changes = score_changes(rescored, _group_size(view))
    report = {"grader": grader.description, "simulated": is_emulated(view), **changes}
    if output == Output.JSON:
        print_json(report)
    else:
        print_lines(console_for(output), rescore_lines(report, grader.description))


def _group_size(view: RunView) -> int:
    chosen = (view.hyperparameters or {}).get("trainingSamplePerPrompt")
    return int(chosen.value) if chosen else DEFAULT_GROUP


def _progress(output: Output) -> Progress:
    console = console_for(output)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(20),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
