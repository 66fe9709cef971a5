"""`rft simulate`: what a grader makes of the emulated model, before it costs anything."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from emulator.bedrock.data import DataRefused, read_rows
from emulator.simulator.behaviours import RIGHT, render_answers
from emulator.simulator.grading import GraderFailed, read_results
from emulator.simulator.plan import SimulationPlan, plan_simulation
from emulator.simulator.policy import SimulatedRollout
from emulator.simulator.scores import StepScores
from emulator.simulator.simulation import simulate as simulated
from rft.contracts.base import RunId
from rft.contracts.dataset import DatasetRow, Manifest
from rft.contracts.grading import GraderResult, rollout_event
from rft.grading.batch_sizes import BATCH_SAMPLES
from rft_cli.client.deployment import Deployment
from rft_cli.errors import CommandError
from rft_cli.graders.grader_under_test import Tried, open_grader
from rft_cli.graders.local_rows import LocalRows, known_task, local_rows
from rft_cli.views.printing import Output, console_for, print_json
from rft_cli.views.simulation_report import Report, show

BATCH = 16
"""Rows of a step where no run says how many: the least that Bedrock takes, as here they cost time."""

MAX_ROLLOUTS = 256
HELD_OUT_SHARE, MAX_HELD_OUT = 0.1, 100

Where = Callable[[], Deployment]

_RUN_ID: TypeAdapter[str] = TypeAdapter(RunId)


@dataclass(frozen=True)
class Material:
    """What a simulation runs on. `grader` is the one that a run or its task names, if any."""

    task: str
    rows: Sequence[DatasetRow]
    held_out: Sequence[DatasetRow]
    grader: str | None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    bad: int = 0


def simulate(
    source: str, *, grader: str | None, task: str | None, steps: int, seed: int, where: Where, output: Output
) -> int:
    """Print what a simulation on a file or on a run's rows shows; 0 only if the model learns.

    Raises CommandError, ApiError, DatasetInvalid, OSError.
    """
    if Path(source).is_file():
        material = of_file(Path(source), _task_name(task, grader))
    else:
        run_id = _run_id(source)
        material = of_run(where(), run_id)
    report = simulation(open_grader(_chosen(grader, material)), material, steps=steps, seed=seed)
    if output == Output.JSON:
        print_json(report)
    else:
        show(console_for(output), report)
    return 0 if report["verdict"]["outcome"] == "learns" else 1


def of_file(dataset: Path, task: str) -> Material:
    """A file's rows; one in ten prompts is held out. Raises CommandError, DatasetInvalid, OSError."""
    known = known_task(task)
    return of_rows(local_rows(dataset, known), task)


def of_rows(local: LocalRows, task: str) -> Material:
    """Rows of one task; the same prompt is never both trained on and held out."""
    known = known_task(task)
    held_out = [_held_out(group) for group in local.groups]
    rows = [row for row, held in zip(local.rows, held_out, strict=True) if not held]
    return Material(
        task=task,
        rows=rows or local.rows,
        held_out=list(islice((row for row, held in zip(local.rows, held_out, strict=True) if held), MAX_HELD_OUT)),
        grader=known.default_grader,
        hyperparameters={"batchSize": BATCH, **{name: value for name, (value, _) in known.preset.items()}},
        bad=len(local.problems),
    )


def of_run(target: Deployment, run_id: str) -> Material:
    """The rows and hyperparameters that a run has, once they are prepared. Raises CommandError, ApiError."""
    view, s3 = target.plane.run(run_id), target.s3()
    address = view["links"].get("manifest")
    if address is None:
        raise CommandError(f"run {run_id} has no prepared dataset: wait until it is past PREPARING, or take the file")
    bucket, _, key = address.removeprefix("s3://").partition("/")
    manifest = Manifest.model_validate_json(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    asked = view["request"]["grader"] or {}
    try:
        return Material(
            task=manifest.task,
            rows=read_rows(s3, manifest.files["train"].uri),
            held_out=read_rows(s3, manifest.files["validation"].uri)[:MAX_HELD_OUT],
            grader=asked.get("name") or asked.get("lambda_arn") or known_task(manifest.task).default_grader,
            hyperparameters=manifest.chosen_hyperparameters().model_dump(exclude_none=True),
        )
    except DataRefused as error:
        raise CommandError(str(error)) from error


def simulation(tried: Tried, material: Material, *, steps: int, seed: int) -> Report:
    """Train, and tell what came of it in JSON's types. Raises CommandError where the grader gives no usable answer."""
    if not any(RIGHT in render_answers(row) for row in material.rows):
        raise CommandError(
            "no row has an answer that is known to be right, so nothing could tell learning from cheating"
        )
    made = _plan(material, steps)
    try:
        done = simulated(_Grading(tried), plan=made, rows=material.rows, validation_rows=material.held_out, seed=seed)
    except GraderFailed as error:
        raise CommandError(str(error)) from error
    return {
        "simulated": True,
        "grader": tried.what,
        "task": material.task,
        "rows": len(material.rows),
        "held_out": len(material.held_out),
        "bad_records": material.bad,
        "seed": seed,
        "learning_rate": made.learning_rate,
        "prompts_per_step": made.prompts,
        "answers_per_prompt": made.samples,
        "steps": [_step(each) for each in done.steps],
        "verdict": asdict(done.verdict),
    }


class _Grading:
    """Asks a grader batch by batch, as Bedrock does. The answers are no rollouts of a run, and say so."""

    def __init__(self, tried: Tried) -> None:
        self._tried = tried

    def __call__(self, rollouts: Sequence[SimulatedRollout]) -> list[GraderResult]:
        events = [rollout_event(r.row, r.text, id=f"simulated-{n}", probe=True) for n, r in enumerate(rollouts)]
        batches = [events[at : at + BATCH_SAMPLES] for at in range(0, len(events), BATCH_SAMPLES)]
        return [result for batch in batches for result in self._batch(batch)]

    def _batch(self, batch: list[dict[str, Any]]) -> list[GraderResult]:
        reply = self._tried.ask(batch)
        if reply.error is not None:
            raise GraderFailed(f"the grader failed: {reply.error}")
        return read_results(json.dumps(reply.payload).encode(), [sample["id"] for sample in batch])


def _plan(material: Material, steps: int) -> SimulationPlan:
    """As many epochs as so many steps take; otherwise as the material says."""
    made = plan_simulation(len(material.rows), material.hyperparameters, max_steps=steps, max_rollouts=MAX_ROLLOUTS)
    epochs = math.ceil(steps / made.steps_per_epoch)
    return replace(made, steps=epochs * made.steps_per_epoch, simulated_steps=steps)


def _step(scores: StepScores) -> dict[str, Any]:
    return {
        "step": scores.step,
        "reward": scores.mean,
        "true_accuracy": scores.accuracy,
        "validation_reward": scores.validation_mean,
        "validation_true_accuracy": scores.validation_accuracy,
        "flat_group_share": scores.flat_groups,
        "answers": scores.rollouts,
        "grader_errors": scores.errors,
        "mix": {name: round(share, 6) for name, share in scores.mix.items()},
    }


def _held_out(group: str) -> bool:
    """One group in ten, the same ones whatever else the file holds."""
    digest = hashlib.sha256(group.encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT_SHARE * 2**32


def _run_id(text: str) -> str:
    try:
        return _RUN_ID.validate_python(text)
    except ValidationError as error:
        raise CommandError(f"{text} is neither a file here nor a run's id") from error


def _task_name(task: str | None, grader: str | None) -> str:
    if task or grader:
        return task or str(grader)
    raise CommandError("which task? give --task")


def _chosen(grader: str | None, material: Material) -> str:
    chosen = grader or material.grader
    if chosen is None:
        raise CommandError(f"the task {material.task} has no grader of its own: give --grader")
    return chosen
