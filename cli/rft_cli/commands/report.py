"""`rft report`: everything that a run found, as a page or JSON. `rft compare`: what several found."""

from __future__ import annotations

import tempfile
import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from rft.contracts.evaluation import EvaluationReport
from rft.contracts.http.report import RunReport
from rft.evaluation.run_comparison import EvaluatedRun, RunDifference, request_differences, run_difference
from rft.text import text_block
from rft_cli.commands.options import OutputOption, RunId, with_target
from rft_cli.errors import CommandError
from rft_cli.views.comparison import comparison_lines
from rft_cli.views.printing import Output, print_json, print_lines
from rft_client.api_client import ApiClient
from rft_client.deployment import Deployment
from rft_client.download import Downloader
from rft_client.upload import unreadable_file

EVALUATION = "evaluation.json"
TONES = {"good": "green", "bad": "red", "neutral": "yellow"}


@with_target()
def report(
    *,
    run_id: RunId,
    target: Deployment,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="PATH", help="Where to save the page. Default: RUN_ID.html.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Save the report of a run that has ended: one page that loads nothing."""
    figures = target.client.report(run_id)
    if output == Output.JSON:
        print_json(figures)
        return
    path = file or Path(f"{run_id}.html")
    _save(path, target.client.report_page(run_id))
    headline = figures["headline"]
    colour = TONES.get(headline["tone"], "yellow")
    print_lines(Console(), [f"[{colour}]{escape(text_block(headline['sentence']))}[/]", f"Report: {escape(str(path))}"])
    if show and not webbrowser.open(path.resolve().as_uri()):
        raise CommandError(f"No browser found; open {path} yourself")


def _save(path: Path, page: bytes) -> None:
    try:
        path.write_bytes(page)
    except OSError as error:
        raise unreadable_file(path, error, verb="write") from error


@with_target()
def compare(
    *,
    runs: Annotated[list[str], typer.Argument(metavar="RUN_ID RUN_ID...", help="The first is the reference.")],
    target: Deployment,
    output: OutputOption = Output.TEXT,
) -> None:
    """Compare ended runs: requests, rewards, and their models on the test rows that they share."""
    if len(set(runs)) < 2:
        raise CommandError("Pass two or more different run IDs; the first is the reference")
    found = [_evaluated(target.client, run_id) for run_id in runs]
    comparison = _comparison(found)
    if output == Output.JSON:
        print_json(comparison)
    else:
        print_lines(Console(), comparison_lines(comparison))


def _evaluated(client: ApiClient, run_id: str) -> EvaluatedRun:
    report = RunReport.model_validate(client.report(run_id))
    if report.evaluation is None or report.evaluation.report_uri is None:
        return EvaluatedRun(report, None)
    with tempfile.TemporaryDirectory() as folder:
        for page in client.files(run_id):
            for file in page:
                if file["name"] == EVALUATION:
                    Downloader(Path(folder)).load(file, lambda _: None)
                    body = (Path(folder) / EVALUATION).read_bytes()
                    return EvaluatedRun(report, EvaluationReport.model_validate_json(body))
    return EvaluatedRun(report, None)


def _comparison(found: list[EvaluatedRun]) -> dict[str, Any]:
    reference = found[0]
    return {
        "reference": reference.report.run_id,
        "requests": request_differences([each.report for each in found]),
        "runs": [_summary(each.report) for each in found],
        "differences": [
            {"run_id": other.report.run_id, **_as_json(run_difference(reference, other))} for other in found[1:]
        ],
    }


def _as_json(found: RunDifference) -> dict[str, Any]:
    numbers = asdict(found.difference) if found.difference else None
    return {"unpaired": found.unpaired or None, "verdict": found.verdict, "difference": numbers}


def _summary(report: RunReport) -> dict[str, Any]:
    rewards = [point.reward for point in report.metrics.training if point.reward is not None] if report.metrics else []
    evaluation = report.evaluation
    return {
        "run_id": report.run_id,
        "status": report.status,
        "headline": report.headline.sentence,
        "simulated": report.simulated,
        "steps": report.metrics.steps if report.metrics else None,
        "reward_first": rewards[0] if rewards else None,
        "reward_last": rewards[-1] if rewards else None,
        "base": evaluation.base if evaluation else None,
        "tuned": evaluation.tuned if evaluation else None,
    }
