"""`rft grader test`: a grader on real rows with right, wrong and hostile answers, before it costs anything."""

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
from rft.tasks.base import Task
from rft_cli.commands.simulate import of_rows, simulation
from rft_cli.graders.grader_under_test import Tried, open_grader
from rft_cli.graders.local_rows import LocalRows, known_task, local_rows
from rft_cli.views.grader_report import figures, show
from rft_cli.views.printing import Output, console_for, note, print_json, say
from rft_cli.views.simulation_report import verdict_line

SEED = 42
SIMULATED_STEPS = 60
MAX_SHOWN_PROBLEMS = 5
MAX_LINES = 1000


def grader_test(
    named: str,
    *,
    dataset: Path,
    task: str | None,
    limit: int,
    simulate: bool,
    output: Output,
    bounds: ScoreBounds = UNIT,
) -> int:
    """Grade answers to up to `limit` rows and print what came of it; 1 where something is wrong.

    Scores come in `bounds` and are shown mapped to 0..1.

    `simulate` also trains the emulated model on all rows.

    Raises CommandError, DatasetInvalid, OSError.
    """
    known = known_task(task or named)
    local = local_rows(dataset, known)
    rows = _sampled(local, known, limit)
    tried = open_grader(named)
    _warn_of_length(named)
    report = {
        "grader": tried.what,
        "task": known.name,
        "rows": len(rows),
        "bad_records": len(local.problems),
        "problems": local.problems[:MAX_SHOWN_PROBLEMS],
        **figures(list(_scored(tried, rows, known, bounds))),
    }
    if simulate:
        report["simulation"] = simulation(tried, of_rows(local, known.name), steps=SIMULATED_STEPS, seed=SEED)
    if output == Output.JSON:
        print_json(report)
    else:
        show(console_for(output), report)
        if simulate:
            say(console_for(output), ["", f"Simulated training: {verdict_line(report['simulation']['verdict'])}"])
    learns = not simulate or report["simulation"]["verdict"]["outcome"] == "learns"
    return 0 if learns and not report["findings"] else 1


def _warn_of_length(named: str) -> None:
    """A reward of more than a thousand lines has rules that nobody reads, and policies find those."""
    lines = len(Path(named).read_text(encoding="utf-8").splitlines()) if named.endswith(".py") else 0
    if lines > MAX_LINES:
        note(f"[yellow]rft:[/] {escape(named)} has {lines:,} lines; over {MAX_LINES:,} a grader is hard to check")


def _sampled(local: LocalRows, task: Task, limit: int) -> list[SampledRow]:
    """Rows that can prove something, chosen as the smoke test does."""
    rows = local.rows
    chosen = choose([candidate(row, task) for row in rows], limit, str(SEED))
    return [SampledRow("train", at, rows[at], len(rows[at].model_dump_json())) for at in sorted(chosen)]


def _scored(tried: Tried, rows: Sequence[SampledRow], task: Task, bounds: ScoreBounds) -> Iterator[Scored]:
    probes = [probe for row in rows for probe in (*answers(row, task, SEED), *attacks_on(row, task, SEED))]
    for batch in batches(probes):
        reply = tried.ask([probe.event() for probe in batch])
        yield from score(batch, reply.payload, reply.error, bounds=bounds)
    yield from _in_other_shapes(tried, [probe for probe in probes if probe.right][:FEW], bounds)


def _in_other_shapes(tried: Tried, probes: Sequence[Probe], bounds: ScoreBounds) -> Iterator[Scored]:
    """A few right answers as each further payload that AWS documents: Bedrock does not say which it sends."""
    for name, shape in SHAPES.items():
        reply = tried.ask([shape(probe.event()) for probe in probes])
        yield from score(probes, reply.payload, reply.error, name, bounds)
