"""`rft grader test`: a grader on real rows with right, wrong and adversarial answers, before a run costs anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from rft.contracts.score_range import UNIT, ScoreBounds
from rft.smoke_test.findings import BLOCK
from rft.tasks import TASKS
from rft.tasks.base import Task
from rft_cli.errors import CommandError
from rft_cli.graders.grader_figures import figures
from rft_cli.graders.grader_gate import SEED, sampled_rows
from rft_cli.graders.grader_under_test import GraderUnderTest, open_grader
from rft_cli.graders.in_process import BATCH_SECONDS
from rft_cli.graders.local_rows import LocalRows, known_task, local_rows
from rft_cli.graders.local_smoke_test import smoke_test_locally
from rft_cli.views.grader_formats import ReportFormat, formatted
from rft_cli.views.grader_report import print_report
from rft_cli.views.printing import Output, console_for, print_json, print_lines, print_note
from rft_cli.views.simulation_report import verdict_line

SIMULATED_STEPS = 60
MAX_PROBLEMS_SHOWN = 5
MAX_LINES = 1000


def run_grader_test(
    grader: str,
    *,
    dataset: Path,
    task: str | None,
    limit: int,
    simulate: bool,
    output: Output,
    bounds: ScoreBounds = UNIT,
    strict: bool = False,
    batch_seconds: float = BATCH_SECONDS,
    report_format: ReportFormat | None = None,
) -> int:
    """Send probes to up to `limit` rows and print what is found; 1 where the grader should not be trained on.

    Scores are in `bounds` and shown mapped to 0..1. `simulate` also trains the simulated policy on all rows. `strict`:
    warnings count too. `report_format`: instead of the report, another program's form of it.

    Raises CommandError, DatasetInvalid, OSError.
    """
    opened = open_grader(grader, batch_seconds=batch_seconds)
    _warn_of_length(grader)
    known = _task(grader, task)
    local = local_rows(dataset, known)
    report = _report(opened, local, known, limit, bounds)
    if simulate:
        report["simulation"] = _simulated(opened, local, known)
    if report_format is not None:
        typer.echo(formatted(report, report_format, grader))
    else:
        _print(report, output)
    return exit_status(report, strict=strict)


def _report(opened: GraderUnderTest, local: LocalRows, task: Task, limit: int, bounds: ScoreBounds) -> dict[str, Any]:
    rows = sampled_rows(local, task, limit)
    tested = smoke_test_locally(opened, rows, task, SEED, bounds)
    return {
        "grader": opened.description,
        "task": task.name,
        "rows": len(rows),
        "bad_records": len(local.problems),
        "problems": local.problems[:MAX_PROBLEMS_SHOWN],
        **figures(tested.scores),
        "checks": [check.short().model_dump(mode="json") for check in tested.checks],
        "findings": [finding.model_dump(mode="json") for finding in tested.findings],
    }


def exit_status(report: Mapping[str, Any], *, strict: bool = False) -> int:
    """1 if a finding blocks, with `strict` if there is any finding, or if the simulated policy does not learn."""
    faults = [each for each in report["findings"] if strict or each["severity"] == BLOCK]
    simulation = report.get("simulation")
    learns = simulation is None or simulation.get("verdict", {}).get("outcome") == "learns"
    return 0 if learns and not faults else 1


def _simulated(opened: GraderUnderTest, local: LocalRows, task: Task) -> dict[str, Any]:
    """Optional: if the simulation fails, its section contains the reason."""
    from rft_cli.graders.simulation import input_from_rows, simulation_report

    try:
        return simulation_report(opened, input_from_rows(local, task.name), steps=SIMULATED_STEPS, seed=SEED)
    except CommandError as error:
        return {"simulated": True, "error": str(error)}


def _print(report: Mapping[str, Any], output: Output) -> None:
    if output == Output.JSON:
        print_json(report)
        return
    print_report(console_for(output), report)
    simulation = report.get("simulation")
    if simulation is not None:
        result = verdict_line(simulation["verdict"]) if "verdict" in simulation else escape(simulation["error"])
        print_lines(console_for(output), ["", f"Simulated training: {result}"])


def _task(grader: str, task: str | None) -> Task:
    if task is None and grader not in TASKS:
        raise CommandError(f"The task of the dataset is unknown; pass --task, one of {', '.join(TASKS)}")
    return known_task(task or grader)


def _warn_of_length(grader: str) -> None:
    """Warns about long graders: they contain unreviewed rules, which policies exploit."""
    lines = len(Path(grader).read_text(encoding="utf-8").splitlines()) if grader.endswith(".py") else 0
    if lines > MAX_LINES:
        print_note(
            f"[yellow]rft:[/] {escape(grader)} has {lines:,} lines; over {MAX_LINES:,} a grader is hard to check"
        )
