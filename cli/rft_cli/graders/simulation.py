"""Trains the emulator's simulated policy against a grader."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

from emulator.bedrock.data import DataRefused, read_rows
from emulator.simulator.behaviours import RIGHT, render_answers
from emulator.simulator.grading import GraderFailed, read_results
from emulator.simulator.plan import SimulationPlan, plan_simulation
from emulator.simulator.policy import SimulatedRollout
from emulator.simulator.scores import StepScores
from emulator.simulator.simulation import simulate
from rft.contracts.dataset import DatasetRow, Manifest
from rft.contracts.grading import GraderResult, rollout_event
from rft.grading.batch_sizes import BATCH_SAMPLES
from rft_cli.errors import CommandError
from rft_cli.graders.grader_under_test import GraderUnderTest
from rft_cli.graders.local_rows import LocalRows, known_task
from rft_client.deployment import Deployment

BATCH_SIZE = 16
"""Default rows per step: Bedrock's minimum, because each row costs time."""

MAX_ROLLOUTS = 256
HELD_OUT_SHARE, MAX_HELD_OUT_ROWS = 0.1, 100


@dataclass(frozen=True)
class SimulationInput:
    """Input of a simulation. `grader`: the grader of the run or its task, if any."""

    task: str
    rows: Sequence[DatasetRow]
    held_out: Sequence[DatasetRow]
    grader: str | None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    bad_records: int = 0


def input_from_rows(local: LocalRows, task: str) -> SimulationInput:
    """Rows of one task. Holds out 10 % of the groups, so that no prompt is both trained on and held out."""
    known = known_task(task)
    held_out = [_is_held_out(group) for group in local.groups]
    pairs = list(zip(local.rows, held_out, strict=True))
    return SimulationInput(
        task=task,
        rows=[row for row, is_validation in pairs if not is_validation] or local.rows,
        held_out=list(islice((row for row, is_validation in pairs if is_validation), MAX_HELD_OUT_ROWS)),
        grader=known.default_grader,
        hyperparameters={"batchSize": BATCH_SIZE, **{name: value for name, (value, _) in known.preset.items()}},
        bad_records=len(local.problems),
    )


def input_from_run(target: Deployment, run_id: str) -> SimulationInput:
    """Rows and hyperparameters of a prepared run. Raises CommandError, ApiError."""
    view, s3 = target.client.run(run_id), target.s3()
    address = view["links"].get("manifest")
    if address is None:
        raise CommandError(f"Run {run_id} has no prepared dataset; wait until it is past PREPARING, or pass a file")
    bucket, _, key = address.removeprefix("s3://").partition("/")
    manifest = Manifest.model_validate_json(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    grader = view["request"]["grader"] or {}
    try:
        return SimulationInput(
            task=manifest.task,
            rows=read_rows(s3, manifest.files["train"].uri),
            held_out=read_rows(s3, manifest.files["validation"].uri)[:MAX_HELD_OUT_ROWS],
            grader=grader.get("name") or grader.get("lambda_arn") or known_task(manifest.task).default_grader,
            hyperparameters=manifest.chosen_hyperparameters().model_dump(exclude_none=True),
        )
    except DataRefused as error:
        raise CommandError(str(error)) from error


def simulation_report(
    grader: GraderUnderTest, simulation_input: SimulationInput, *, steps: int, seed: int
) -> dict[str, Any]:
    """Trains and returns the result as JSON types. Raises CommandError if the grader fails."""
    if not any(RIGHT in render_answers(row) for row in simulation_input.rows):
        raise CommandError(
            "No row has a known right answer, so learning cannot be distinguished from exploiting the grader"
        )
    plan = _plan(simulation_input, steps)
    try:
        result = simulate(
            BatchedGrader(grader),
            plan=plan,
            rows=simulation_input.rows,
            validation_rows=simulation_input.held_out,
            seed=seed,
        )
    except GraderFailed as error:
        raise CommandError(str(error)) from error
    return {
        "simulated": True,
        "grader": grader.description,
        "task": simulation_input.task,
        "rows": len(simulation_input.rows),
        "held_out": len(simulation_input.held_out),
        "bad_records": simulation_input.bad_records,
        "seed": seed,
        "learning_rate": plan.learning_rate,
        "prompts_per_step": plan.prompts,
        "answers_per_prompt": plan.samples,
        "steps": [_step(scores) for scores in result.steps],
        "verdict": asdict(result.verdict),
    }


class BatchedGrader:
    """Calls a grader in batches, as Bedrock does. Samples are marked as probes, because they belong to no run."""

    def __init__(self, grader: GraderUnderTest) -> None:
        self._grader = grader

    def __call__(self, rollouts: Sequence[SimulatedRollout]) -> list[GraderResult]:
        """One result per rollout, in order. Raises GraderFailed."""
        events = [rollout_event(r.row, r.text, id=f"simulated-{n}", probe=True) for n, r in enumerate(rollouts)]
        batches = [events[at : at + BATCH_SAMPLES] for at in range(0, len(events), BATCH_SAMPLES)]
        return [result for batch in batches for result in self._batch(batch)]

    def _batch(self, batch: list[dict[str, Any]]) -> list[GraderResult]:
        reply = self._grader.invoke(batch)
        if reply.error is not None:
            raise GraderFailed(f"The grader failed: {reply.failure}")
        return read_results(json.dumps(reply.payload).encode(), [sample["id"] for sample in batch])


def _plan(simulation_input: SimulationInput, steps: int) -> SimulationPlan:
    """As many epochs as `steps` require; all else from the input's hyperparameters."""
    rows, hyperparameters = len(simulation_input.rows), simulation_input.hyperparameters
    plan = plan_simulation(rows, hyperparameters, max_steps=steps, max_rollouts=MAX_ROLLOUTS)
    epochs = math.ceil(steps / plan.steps_per_epoch)
    return replace(plan, steps=epochs * plan.steps_per_epoch, simulated_steps=steps)


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


def _is_held_out(group: str) -> bool:
    """Selects 10 % of the groups by hash, so that the selection does not depend on other rows."""
    digest = hashlib.sha256(group.encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT_SHARE * 2**32
