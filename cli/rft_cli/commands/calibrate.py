"""`rft calibrate`: samples and grades a model's answers to a file's training rows, before a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rft.adapters.clock import SystemClock
from rft.contracts.calibration import CalibrationReport
from rft.contracts.run_request import DatasetRequest, HyperParameters, RunRequest
from rft.contracts.sampling import SamplingProtocol
from rft.contracts.score_range import ScoreBounds
from rft.errors import PromptRefused
from rft.evaluation.calibrate import Graded, calibration_report
from rft.evaluation.calibration import BLOCKING
from rft.evaluation.choice import spread_over_groups
from rft.evaluation.grading import grade
from rft.evaluation.protocol import CALIBRATION_TEMPERATURE, sampling_protocol, unmatched_settings
from rft.evaluation.rollouts import in_chunks
from rft.evaluation.sampling import Prompt, Sampling
from rft.evaluation.split_rows import prompts
from rft.tasks import task as task_named
from rft.tasks.base import Task, row_group
from rft_cli.errors import CommandError
from rft_cli.graders.grader_under_test import GraderUnderTest, open_grader
from rft_cli.graders.local_rows import known_task
from rft_cli.graders.local_smoke_test import LocalInvoker
from rft_cli.graders.training_rows import RUN_ID, TrainingRows, training_rows
from rft_cli.models.open_model import OpenedModel, open_model
from rft_cli.views.calibration import print_calibration
from rft_cli.views.printing import Output, console_for, print_json

WITHIN = timedelta(hours=3)
"""Same limit as for an evaluation; throttled calls are retried until then."""


@dataclass(frozen=True)
class CalibrationOptions:
    """Command-line options. `effort` and `max_tokens`: None uses the values of a run."""

    task: str
    model: str
    model_name: str
    grader: str | None
    rows: int
    samples: int
    effort: str | None
    max_tokens: int | None
    bounds: ScoreBounds


def run_calibration(file: Path, options: CalibrationOptions, output: Output) -> int:
    """Samples, grades and prints; returns 1 if a run would be rejected. Raises CommandError, RftError, OSError."""
    task = known_task(options.task)
    grader = open_grader(_grader_name(options, task))
    model = open_model(options.model, name=options.model_name)
    found = training_rows(file, _request(file, options))
    console = console_for(output)
    with console.status("sampling …") as status:
        report = _calibrated(options, found, grader, model, status.update)
    view = {
        **report.model_dump(mode="json"),
        "file": str(file),
        "task": task.name,
        "grader": grader.description,
        "model": model.description,
        "bad_records": found.bad_records,
    }
    if output == Output.JSON:
        print_json(view)
    else:
        print_calibration(console, view)
    return 1 if report.summary.difficulty in BLOCKING else 0


def _grader_name(options: CalibrationOptions, task: Task) -> str:
    name = options.grader or task.default_grader
    if name is None:
        raise CommandError(f"Task {task.name} has no grader of its own; pass --grader NAME, ARN or FILE")
    return name


def _request(file: Path, options: CalibrationOptions) -> RunRequest:
    """The run request that the file is calibrated for."""
    given = {"reasoningEffort": options.effort, "inferenceMaxTokens": options.max_tokens}
    return RunRequest(
        name="calibrate",
        dataset=DatasetRequest(task=options.task, uri=str(file)),
        hyperparameters=HyperParameters.model_validate({k: v for k, v in given.items() if v is not None}),
    )


def _calibrated(
    options: CalibrationOptions,
    found: TrainingRows,
    grader: GraderUnderTest,
    model: OpenedModel,
    progress: Callable[[str], None],
) -> CalibrationReport:
    task = task_named(options.task)
    seed = _request(Path("rows"), options).dataset.split.seed
    groups = [row_group(task, row) for row in found.rows]
    rows = {number: found.rows[number] for number in spread_over_groups(groups, options.rows, seed)}
    protocol, unmatched = _protocol(found.hyperparameters, model)
    clock = SystemClock()
    sampling = Sampling(model.sampler, model.model_id, protocol, clock, clock.now() + WITHIN)
    graded, judge_calls = _graded(sampling, prompts(rows, options.samples), grader, options.bounds, progress)
    report = calibration_report(
        run_id=RUN_ID,
        model_id=model.model_id,
        grader_arn=grader.description,
        graded=graded,
        labels={row.task_id: label for row in rows.values() if (label := task.label(row))},
        lengths={row.task_id: len(row.prompt) for row in rows.values()},
        samples_per_row=options.samples,
        max_tokens=protocol.max_tokens,
        unmatched=unmatched,
        uri=None,
    )
    return report.model_copy(update={"summary": report.summary.model_copy(update={"judge_calls": judge_calls})})


def _protocol(hyperparameters: HyperParameters, model: OpenedModel) -> tuple[SamplingProtocol, tuple[str, ...]]:
    """The sampling settings, and those that differ from training."""
    if model.takes_effort:
        protocol = sampling_protocol(hyperparameters, temperature=CALIBRATION_TEMPERATURE)
        return protocol, unmatched_settings(protocol, hyperparameters)
    without = hyperparameters.model_copy(update={"reasoningEffort": None})
    protocol = sampling_protocol(without, temperature=CALIBRATION_TEMPERATURE)
    effort = f"reasoningEffort: not sent to this model; training samples with {hyperparameters.reasoningEffort}"
    return protocol, (effort, *unmatched_settings(protocol, without))


def _graded(
    sampling: Sampling,
    all_prompts: Sequence[Prompt],
    grader: GraderUnderTest,
    bounds: ScoreBounds,
    progress: Callable[[str], None],
) -> tuple[list[Graded], int]:
    """Answers with their scores, and the number of judge calls. Raises PromptRefused if no answer has a score."""
    graded: list[Graded] = []
    judge_calls = 0
    for chunk in in_chunks(all_prompts):
        answers = sampling.answers(chunk)
        grades = grade("local", LocalInvoker(grader), chunk, answers, split="train", bounds=bounds)
        graded += zip(answers, grades.grades, strict=True)
        judge_calls += grades.judge_calls
        progress(f"{len(graded)} of {len(all_prompts)} answers …")
    errors = [found.error for _, found in graded if found.score is None]
    if len(errors) == len(graded):
        raise PromptRefused(f"no answer has a score; first: {errors[0]}")
    return graded, judge_calls
