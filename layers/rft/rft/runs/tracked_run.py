"""An ended run as exported to MLflow: parameters, tags, and metrics by step. Pure.

Contains no prompts, answers or causes. Limits of older MLflow servers: keys 250 characters, parameter values 500, tag
values 5,000 (github.com/mlflow/mlflow, mlflow/utils/validation.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.metrics import Point, TrainingPoint
from rft.contracts.outbound.tracked_run import TrackedMetric, TrackedRun
from rft.runs.cost_so_far import cost_so_far
from rft.runs.simulated import is_emulated

MAX_KEY, MAX_VALUE, MAX_TAG = 250, 500, 5000

RUN_TAG = "rft.run_id"
"""Tag that identifies the exported run, which makes the export idempotent."""

STATUSES: dict[RunStatus, Literal["FINISHED", "FAILED", "KILLED"]] = {
    RunStatus.COMPLETED: "FINISHED",
    RunStatus.FAILED: "FAILED",
    RunStatus.REJECTED: "FAILED",
    RunStatus.CANCELLED: "KILLED",
}

CURVES = ("reward", "spread", "length", "entropy", "copied", "weakest", "errors")
"""Fields of a point that are exported as metrics."""


def tracked_run(record: RunRecord, *, report_uri: str) -> TrackedRun:
    """`record` must be an ended run; raises KeyError otherwise."""
    return TrackedRun(
        run_id=record.run_id,
        experiment=f"rft/{record.name}",
        status=STATUSES[record.status],
        started_at=record.created_at,
        ended_at=record.updated_at,
        parameters={_key(key): value[:MAX_VALUE] for key, value in _parameters(record)},
        tags={_key(key): value[:MAX_TAG] for key, value in _tags(record, report_uri)},
        metrics=tuple(_metrics(record)),
    )


def _key(text: str) -> str:
    """Key in the character set of all MLflow versions: letters, digits, `_-./` and spaces."""
    return re.sub(r"[^\w.\-/ ]", "_", text, flags=re.ASCII)[:MAX_KEY]


def _parameters(record: RunRecord) -> Iterator[tuple[str, str]]:
    request = record.request
    yield "task", request.dataset.task
    yield "base_model", request.base_model
    yield "mode", str(request.mode)
    if record.grader_arn:
        yield "grader", record.grader_arn.rpartition(":function:")[2]
    if record.dataset:
        yield "dataset_digest", record.dataset.digest
        for split, rows in record.dataset.rows.items():
            yield f"rows/{split}", str(rows)
    for name, chosen in (record.hyperparameters or {}).items():
        yield name, str(chosen.value)


def _tags(record: RunRecord, report_uri: str) -> Iterator[tuple[str, str]]:
    # The caller's tags first, so that this project's tags override them.
    yield from record.request.tags.items()
    yield "mlflow.runName", record.run_id
    yield RUN_TAG, record.run_id
    yield "rft.status", record.status
    yield "rft.simulated", str(is_emulated(record)).lower()
    yield "rft.report", report_uri
    if record.model_arn:
        yield "rft.model_arn", record.model_arn
    if record.failure:
        yield "rft.failed_in", record.failure.stage
        yield "rft.error", record.failure.error
    if record.evaluation and record.evaluation.verdict:
        yield "rft.verdict", record.evaluation.verdict


def _metrics(record: RunRecord) -> Iterator[TrackedMetric]:
    if record.metrics:
        for point in record.metrics.training:
            yield from _curves("training", point)
        for passed in record.metrics.validation:
            yield from _curves("validation", passed)
    for key, value in _figures(record):
        if value is not None:
            yield TrackedMetric(key=key, value=value)


def _curves(split: str, point: Point) -> Iterator[TrackedMetric]:
    found = {name: getattr(point, name) for name in CURVES}
    if isinstance(point, TrainingPoint):
        found["flat_groups"] = point.flat_groups
    for name, value in found.items():
        if value is not None:
            yield TrackedMetric(key=f"{split}/{name}", value=value, step=point.step)


def _figures(record: RunRecord) -> Iterator[tuple[str, float | None]]:
    if record.job:
        yield "job_hours", record.job.hours
    for part, usd in cost_so_far(record).parts.items():
        yield f"cost_usd/{part}", usd
    if evaluation := record.evaluation:
        yield "evaluation/base", evaluation.base
        yield "evaluation/tuned", evaluation.tuned
        yield "evaluation/difference", evaluation.difference
        yield "evaluation/p_value", evaluation.p_value
        yield "evaluation/rows", evaluation.rows or None
        if evaluation.interval:
            yield "evaluation/difference_low", evaluation.interval[0]
            yield "evaluation/difference_high", evaluation.interval[1]
