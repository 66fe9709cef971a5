"""`rft grader test`: a grader on real rows with right, wrong and adversarial answers, before a run costs anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.markup import escape

from rft.contracts.score_range import UNIT, ScoreBounds
from rft.smoke_test.plan import FEW
from rft.smoke_test.probes import Probe, answers, attacks_on, batches
from rft.smoke_test.replies import Scored, score
from rft.smoke_test.sampling import SampledRow, candidate, choose
from rft.smoke_test.shapes import SHAPES
from rft.tasks import TASKS
from rft.tasks.base import Task
from rft_cli.errors import CommandError
from rft_cli.graders.grader_figures import figures
from rft_cli.graders.grader_under_test import GraderUnderTest, open_grader
from rft_cli.graders.local_rows import LocalRows, known_task, local_rows
from rft_cli.graders.simulation import input_from_rows, simulation_report
from rft_cli.views.grader_report import print_report
from rft_cli.views.printing import Output, console_for, print_json, print_lines, print_note
from rft_cli.views.simulation_report import verdict_line

SEED = 42
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
) -> int:
    """Grade answers to up to `limit` rows and print the result; 1 where the grader has a fault.

    Scores are in `bounds` and shown mapped to 0..1. `simulate` also trains the simulated policy on all rows.

    Raises CommandError, DatasetInvalid, OSError.
    """
    opened = open_grader(grader)
    _warn_of_length(grader)
    known = _task(grader, task)
    local = local_rows(dataset, known)
    rows = _sampled(local, known, limit)
    report = {
        "grader": opened.description,
        "task": known.name,
        "rows": len(rows),
        "bad_records": len(local.problems),
        "problems": local.problems[:MAX_PROBLEMS_SHOWN],
        **figures(list(_scored(opened, rows, known, bounds))),
    }
    if simulate:
        simulation_input = input_from_rows(local, known.name)
        report["simulation"] = simulation_report(opened, simulation_input, steps=SIMULATED_STEPS, seed=SEED)
    if output == Output.JSON:
        print_json(report)
    else:
        print_report(console_for(output), report)
        if simulate:
            print_lines(
                console_for(output), ["", f"Simulated training: {verdict_line(report['simulation']['verdict'])}"]
            )
    learns = not simulate or report["simulation"]["verdict"]["outcome"] == "learns"
    return 0 if learns and not report["findings"] else 1


def _task(grader: str, task: str | None) -> Task:
    if task is None and grader not in TASKS:
        raise CommandError(f"The task of the dataset is unknown; pass --task, one of {', '.join(TASKS)}")
    return known_task(task or grader)


def _warn_of_length(grader: str) -> None:
    """A reward of more than a thousand lines has rules that nobody reads, and policies find those."""
    lines = len(Path(grader).read_text(encoding="utf-8").splitlines()) if grader.endswith(".py") else 0
    if lines > MAX_LINES:
        print_note(
            f"[yellow]rft:[/] {escape(grader)} has {lines:,} lines; over {MAX_LINES:,} a grader is hard to check"
        )


def _sampled(local: LocalRows, task: Task, limit: int) -> list[SampledRow]:
    """Rows with probes, chosen as the smoke test chooses them."""
    rows = local.rows
    chosen = choose([candidate(row, task) for row in rows], limit, str(SEED))
    return [SampledRow("train", at, rows[at], len(rows[at].model_dump_json())) for at in sorted(chosen)]


def _scored(grader: GraderUnderTest, rows: Sequence[SampledRow], task: Task, bounds: ScoreBounds) -> Iterator[Scored]:
    probes = [probe for row in rows for probe in (*answers(row, task, SEED), *attacks_on(row, task, SEED))]
    for batch in batches(probes):
        reply = grader.invoke([probe.event() for probe in batch])
        yield from score(batch, reply.payload, reply.error, bounds=bounds)
    yield from _in_other_shapes(grader, [probe for probe in probes if probe.right][:FEW], bounds)


def _in_other_shapes(grader: GraderUnderTest, probes: Sequence[Probe], bounds: ScoreBounds) -> Iterator[Scored]:
    """A few right answers as each further payload that AWS documents: Bedrock does not say which it sends."""
    for name, shape in SHAPES.items():
        reply = grader.invoke([shape(probe.event()) for probe in probes])
        yield from score(probes, reply.payload, reply.error, name, bounds)
