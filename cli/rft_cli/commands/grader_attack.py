"""`rft grader attack`: searches for wrong answers that a grader rewards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape

from rft.smoke_test.probes import Probe, make_probe
from rft.smoke_test.replies import score
from rft.smoke_test.sampling import SampledRow
from rft.tasks.base import Task
from rft.tasks.subject import read_subject
from rft_cli.errors import CommandError
from rft_cli.graders.attack.attacker import Attacker
from rft_cli.graders.attack.search import Hole, Propose, Search, Target
from rft_cli.graders.attack.server import AttackerServer
from rft_cli.graders.attack.templates import literals
from rft_cli.graders.grader_under_test import GraderUnderTest, open_grader
from rft_cli.graders.local_rows import known_task, local_rows
from rft_cli.views.lines import HANG
from rft_cli.views.printing import Output, console_for, print_json, print_lines

ROWS, SEED = 20, 42


def run_grader_attack(
    grader: str,
    *,
    dataset: Path,
    task: str,
    calls: int,
    save: Path | None,
    output: Output,
    batch_seconds: float,
    attacker: AttackerServer | None = None,
) -> int:
    """Searches with at most `calls` answers; returns 1 if an exploit is found.

    Raises CommandError, DatasetInvalid, OSError.
    """
    opened, known = open_grader(grader, batch_seconds=batch_seconds), known_task(task)
    rows = [SampledRow("train", n, row, 0) for n, row in enumerate(local_rows(dataset, known).rows[:ROWS])]
    own = literals(Path(grader).read_text(encoding="utf-8")) if grader.endswith(".py") else []
    model = Attacker(attacker.complete, attacker.requests) if attacker else None
    search = attack(opened, rows, known, calls=calls, own=own, propose=model.propose if model else None)
    holes = search.run()
    if save is not None:
        save.write_text("".join(_row_lines(rows, holes)), encoding="utf-8")
    _print(holes, search.calls, save, output, _attacker_report(attacker, model))
    return 1 if holes else 0


def attack(
    grader: GraderUnderTest,
    rows: Sequence[SampledRow],
    task: Task,
    *,
    calls: int,
    own: Sequence[str],
    propose: Propose | None = None,
) -> Search:
    """A search, ready to run; `propose` calls an attacker model.

    Raises CommandError where no row has a right answer that is paid.
    """

    def scores(answers: Sequence[tuple[SampledRow, str]]) -> list[float]:
        probes = [make_probe(row, "attack", n, answer, SEED) for n, (row, answer) in enumerate(answers)]
        return _scores(grader, probes)

    known = [(row, task.probes(row.row).right) for row in rows]
    right = [(row, answers) for row, answers in known if answers]
    paid = scores([(row, answers[0]) for row, answers in right])
    targets = [
        Target(row, read_subject(row.row, answers), earned)
        for (row, answers), earned in zip(right, paid, strict=True)
        if earned > 0
    ]
    usable = [target for target in targets if target.subject.value]
    if not usable:
        raise CommandError("No row has a short right answer that the grader pays for, so nothing can be searched")
    return Search(usable, scores, budget=calls, own=own, seed=SEED, propose=propose or (lambda *_: []))


def _attacker_report(server: AttackerServer | None, model: Attacker | None) -> dict[str, Any] | None:
    if server is None or model is None:
        return None
    return {
        "model": server.model,
        "requests": model.sent,
        "proposed": model.proposed,
        "unreadable_replies": model.unreadable,
    }


def _scores(grader: GraderUnderTest, probes: Sequence[Probe]) -> list[float]:
    reply = grader.invoke([probe.event() for probe in probes])
    return [scored.score or 0.0 for scored in score(probes, reply.payload, reply.error)]


def _row_lines(rows: Sequence[SampledRow], holes: Sequence[Hole]) -> list[str]:
    """The rows with the rewarded wrong answers added as probes, for the next test and for training."""
    lines = []
    for row in rows:
        found = [answer for hole in holes for task_id, answer in hole.answers if task_id == row.row.task_id]
        body = row.row.model_dump(mode="json")
        probes = body.get("probes") or {}
        wrong = [*found, *probes.get("wrong", [])]
        fields = {key: value for key, value in body.items() if key not in ("run_id", "split")}
        lines.append(json.dumps({**fields, "probes": {**probes, "wrong": wrong}}, ensure_ascii=False) + "\n")
    return lines


def _print(
    holes: Sequence[Hole], calls: int, save: Path | None, output: Output, attacker: dict[str, Any] | None
) -> None:
    report: dict[str, Any] = {
        "calls": calls,
        "attacker": attacker,
        "holes": [
            {
                "explanation": hole.explanation,
                "score": hole.score,
                "rate": hole.rate,
                "answers": [{"task_id": task_id, "answer": answer} for task_id, answer in hole.answers],
            }
            for hole in holes
        ],
    }
    if output == Output.JSON:
        print_json(report)
        return
    found = [
        f"[red]✘[/] {HANG}pays {hole.score:.2f} for {escape(hole.explanation)}, on {hole.rate:.0%} of rows"
        for hole in holes
    ]
    lines = [f"{len(holes)} holes found with {calls:,} answers", *found]
    if attacker:
        lines.append(
            f"Attacker {escape(attacker['model'])}: {attacker['requests']} requests, {attacker['proposed']} answers "
            f"proposed, {attacker['unreadable_replies']} replies not readable"
        )
    if save is not None and holes:
        lines.append(f"Saved as probes: {escape(str(save))}")
    print_lines(console_for(output), lines)
