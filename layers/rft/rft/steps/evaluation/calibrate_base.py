"""calibrate_base: samples and grades the base model's answers to training rows before any paid training."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from rft.contracts.calibration import UNAPPLIED, CalibrationReport, CalibrationSummary
from rft.contracts.dataset import DatasetRow, Manifest
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.prices import PriceTable
from rft.contracts.run_request import RunRequest
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import CalibrationOutcome, PreparedDataset
from rft.datasets.bounds import BEDROCK, Bounds
from rft.datasets.results import dataset_folder, save_manifest
from rft.datasets.reuse.reduced_rows import without_rows
from rft.errors import ModelNotInvocable, PromptRefused, RetryableServiceError, RetryableThrottling
from rft.evaluation.calibrate import Graded, calibration_report
from rft.evaluation.calibration import BLOCKING
from rft.evaluation.checks import base_model_misses, replaced
from rft.evaluation.difficulty_filter import Reason, problem_of_rest, rows_to_drop, scores_by_row
from rft.evaluation.feeding import chosen, fed
from rft.evaluation.protocol import CALIBRATION_TEMPERATURE, sampling_protocol, unmatched_settings
from rft.evaluation.rollouts import Rollouts, RolloutStore, in_chunks, with_grades
from rft.evaluation.sampling import Prompt, Sampling
from rft.evaluation.split_rows import calibrated_rows, calibration_rows, prompts
from rft.forecast.measuring import UNKNOWN_OUTPUT_TOKENS
from rft.forecast.sampling import sampling_cost
from rft.observability import logger
from rft.ports.grading import GraderInvoker
from rft.ports.models import ModelSampler
from rft.ports.runs import Ledger
from rft.ports.storage import Clock, ObjectStore
from rft.tasks import task as task_named

SAMPLE_WITHIN = timedelta(seconds=600)
"""Part of Lambda's 900 s; the rest is reserved for the grader's last batch, which may take 300 s."""

CHUNKS_WITHIN = timedelta(seconds=450)
"""No chunk starts after this time; the next invocation continues and reads all stored chunks."""


def calibrate_base(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    grader_arn: str,
    base_model_id: str,
    prices: PriceTable,
    sampler: ModelSampler,
    invoker: GraderInvoker,
    store: ObjectStore,
    ledger: Ledger,
    clock: Clock,
    completed_chunks: int = 0,
    budget: timedelta = CHUNKS_WITHIN,
    bounds: Bounds = BEDROCK,
) -> CalibrationOutcome:
    """Writes `runs/<run_id>/calibration.json` and decides whether the dataset gives a training signal.

    A base model that cannot be invoked, or a calibration that exceeds the request's limits, is recorded and is not an
    error. Answers that exceed `budget` are left to the next invocation, which receives `completed_chunks`. Raises
    InvalidRequest (dataset.task), DatasetNotFound, StalePlan, RunNotFound, TransitionRefused.
    """
    record = ledger.transition(run_id, RunStatus.CALIBRATING)
    recorded = partial(_recorded, run_id=run_id, request=request, dataset=dataset, ledger=ledger, store=store)
    if skipped := _over_limit(record, dataset, base_model_id, prices, store):
        return recorded(_without("skipped", skipped, request), None)
    rollouts = Rollouts(
        stored=RolloutStore(store, run_id, "calibration", "base"),
        sampling=_sampling(dataset, base_model_id, sampler, clock),
        grader_arn=grader_arn,
        invoker=invoker,
        split="train",
        bounds=request.score_range,
    )
    until = clock.now() + budget
    try:
        return _calibrated(rollouts, request, dataset, recorded, first=completed_chunks, until=until, bounds=bounds)
    except (ModelNotInvocable, PromptRefused, RetryableThrottling, RetryableServiceError) as error:
        return recorded(_without("failed", f"{type(error).__name__}: {error}", request), None)


def _calibrated(
    rollouts: Rollouts,
    request: RunRequest,
    dataset: PreparedDataset,
    recorded: Callable[[CalibrationSummary, _Reduced | None], CalibrationOutcome],
    *,
    first: int,
    until: datetime,
    bounds: Bounds,
) -> CalibrationOutcome:
    """Returns a pending outcome if answers remain. Raises as Rollouts and _graded."""
    store = rollouts.stored.store
    rows = calibration_rows(request, dataset, store)
    chunks = in_chunks(prompts(rows, request.calibration.samples_per_row))
    completed = _complete(rollouts, chunks, first, until)
    if completed < len(chunks):
        return CalibrationOutcome(dataset=dataset, blocked=False, pending=True, completed_chunks=completed)
    graded, judge_calls = _graded(rollouts, chunks)
    report = _report(rollouts, graded, rows, request, dataset)
    reduced = _reduced(rollouts, request, dataset, graded, bounds)
    return recorded(_saved(report, judge_calls, reduced, store), reduced)


def _sampling(dataset: PreparedDataset, model_id: str, sampler: ModelSampler, clock: Clock) -> Sampling:
    protocol = sampling_protocol(dataset.hyperparameters, temperature=CALIBRATION_TEMPERATURE)
    return Sampling(sampler, model_id, protocol, clock, clock.now() + SAMPLE_WITHIN)


def _without(status: Literal["skipped", "failed"], reason: str, request: RunRequest) -> CalibrationSummary:
    """Summary of a run without calibration; with dataset.difficulty the reason states that all rows are retained."""
    unapplied = f"; {UNAPPLIED}" if request.dataset.difficulty else ""
    return CalibrationSummary(status=status, reason=f"{reason}{unapplied}")


def _complete(rollouts: Rollouts, chunks: Sequence[Sequence[Prompt]], first: int, until: datetime) -> int:
    """Samples and grades chunks from `first` on, at least one; returns the number of completed chunks."""
    for number in range(first, len(chunks)):
        if number > first and rollouts.sampling.clock.now() >= until:
            return number
        rollouts.chunk(number, chunks[number])
    return len(chunks)


@dataclass(frozen=True)
class _Reduced:
    """The dataset without the rows removed by `dataset.difficulty`; `problem`: why it cannot be trained on."""

    manifest: Manifest | None
    dropped: Mapping[Reason, int]
    problem: str


def _reduced(
    rollouts: Rollouts, request: RunRequest, dataset: PreparedDataset, graded: Sequence[Graded], bounds: Bounds
) -> _Reduced | None:
    """None if the request removes no rows; without a manifest if no row matches."""
    store, run_id = rollouts.stored.store, rollouts.stored.run_id
    own = f"{dataset_folder(run_id, store)}/"
    if request.dataset.difficulty is None or not dataset.manifest_uri.startswith(own):
        return None  # a run that reuses an earlier run's rows: they were removed there
    scores = scores_by_row(graded)
    dropped = rows_to_drop(scores, request.dataset.difficulty)
    counts = Counter(dropped.values())
    problem = problem_of_rest(
        scores, dropped, rows=dataset.train_rows, least=bounds.least, accept=request.calibration.accept
    )
    if problem or not dropped:
        return _Reduced(None, counts, problem)
    before = Manifest.model_validate_json(store.get_bytes(dataset.manifest_uri))
    manifest = without_rows(before, dataset.train_uri, dropped.keys(), request, store)
    return _Reduced(manifest.model_copy(update={"dropped": dict(counts)}), counts, "")


def _saved(
    report: CalibrationReport, judge_calls: int, reduced: _Reduced | None, store: ObjectStore
) -> CalibrationSummary:
    changes: dict[str, object] = {"judge_calls": judge_calls}
    if reduced is not None:
        changes |= {"dropped": dict(reduced.dropped)}
    if reduced is not None and reduced.manifest is not None:
        changes |= {"train_rows": reduced.manifest.files["train"].rows}
    summary = report.summary.model_copy(update=changes)
    body = report.model_copy(update={"summary": summary}).model_dump_json(indent=2)
    store.put_bytes(str(summary.report_uri), body.encode())
    return summary


def _over_limit(
    record: RunRecord, dataset: PreparedDataset, model_id: str, prices: PriceTable, store: ObjectStore
) -> str:
    """Why the request's limits do not permit this many answers; '' if they do, or if that is unknown."""
    request = record.request
    answers = min(calibrated_rows(request, dataset), dataset.train_rows) * request.calibration.samples_per_row
    if request.max_judge_calls is not None:
        made, per_answer = _judge_calls(record, store)
        most = math.ceil(answers * per_answer)
        if most and made + most > request.max_judge_calls:
            spent = f" after {made} calls of the smoke test" if made else ""
            return f"it may call the judge {most} times{spent}; max_judge_calls allows {request.max_judge_calls}"
    if request.max_cost_usd is None:
        return ""
    manifest = Manifest.model_validate_json(store.get_bytes(dataset.manifest_uri))
    output_tokens = dataset.hyperparameters.inferenceMaxTokens or UNKNOWN_OUTPUT_TOKENS
    cost = sampling_cost(
        prices, model_id, answers=answers, prompt_tokens=manifest.tokens.mean, output_tokens=output_tokens
    )
    if cost is None or cost <= request.max_cost_usd:
        return ""
    return f"it may cost {cost:.2f} USD; max_cost_usd allows {request.max_cost_usd:.2f}"


def _judge_calls(record: RunRecord, store: ObjectStore) -> tuple[int, float]:
    """Judge calls of the smoke test, and judge calls per answer; 0 if the grader calls no judge."""
    if record.smoke_test is None:
        return 0, 0.0
    report = SmokeTestReport.model_validate_json(store.get_bytes(record.smoke_test.report_uri))
    if report.judge is None or not report.judge.calls:
        return 0, 0.0
    return report.judge.calls, max(1.0, report.judge.calls / (report.judge.answers or 1))


def _graded(rollouts: Rollouts, all_chunks: Sequence[Sequence[Prompt]]) -> tuple[list[Graded], int]:
    """Answers with their scores, and the number of judge calls.

    Raises PromptRefused if the model refuses every prompt, RetryableServiceError if no answer has a score.
    """
    chunks = [rollouts.chunk(number, each) for number, each in enumerate(all_chunks)]
    graded = [pair for answers, grades in chunks for pair in with_grades(answers, grades)]
    errors = [grade.error for _, grade in graded if grade.score is None]
    if len(errors) == len(graded):
        refused = all(answer.error for answer, _ in graded)
        raise (PromptRefused if refused else RetryableServiceError)(f"no answer has a score; first: {errors[:1]}")
    return graded, sum(grades.judge_calls for _, grades in chunks)


def _report(
    rollouts: Rollouts,
    graded: Sequence[Graded],
    rows: Mapping[int, DatasetRow],
    request: RunRequest,
    dataset: PreparedDataset,
) -> CalibrationReport:
    task, stored, sampling = task_named(request.dataset.task), rollouts.stored, rollouts.sampling
    return calibration_report(
        run_id=stored.run_id,
        model_id=sampling.model_id,
        grader_arn=rollouts.grader_arn,
        graded=graded,
        labels={row.task_id: label for row in rows.values() if (label := task.label(row))},
        lengths={row.task_id: len(row.prompt) for row in rows.values()},
        samples_per_row=request.calibration.samples_per_row,
        max_tokens=sampling.protocol.max_tokens,
        unmatched=unmatched_settings(sampling.protocol, dataset.hyperparameters),
        uri=stored.store.uri(f"runs/{stored.run_id}/calibration.json"),
    )


def _recorded(
    summary: CalibrationSummary,
    reduced: _Reduced | None,
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    ledger: Ledger,
    store: ObjectStore,
) -> CalibrationOutcome:
    if reduced is not None and reduced.manifest is not None:
        dataset = save_manifest(reduced.manifest, request, store=store, ledger=ledger)
    record = ledger.get(run_id)
    hyperparameters = fed(summary, record.hyperparameters or {})
    checks = replaced(record.dataset_checks or (), base_model_misses(summary))
    ledger.update(
        run_id, {"calibration": summary, "hyperparameters": hyperparameters, "dataset_checks": checks or None}
    )
    logger().info("base model calibrated", status=summary.status, difficulty=summary.difficulty)
    cause = _blocked(summary, request, reduced)
    return CalibrationOutcome(
        dataset=dataset.model_copy(update={"hyperparameters": chosen(hyperparameters, dataset.hyperparameters)}),
        blocked=bool(cause),
        cause=cause,
    )


def _blocked(summary: CalibrationSummary, request: RunRequest, reduced: _Reduced | None) -> str:
    """Why the dataset gives no training signal; '' if it does, or if the request accepts it."""
    if reduced is not None:
        return reduced.problem
    if summary.difficulty not in BLOCKING or request.calibration.accept:
        return ""
    return f"{summary.reason}; set calibration.accept to train on it anyway"
