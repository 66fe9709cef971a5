"""Builds a run's report from its record, files and rollouts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rft.contracts.evaluation import EvaluationReport, ModelName
from rft.contracts.http.report import (
    ChangedRow,
    EvaluationDetail,
    ForecastLine,
    Lineage,
    RolloutExamples,
    RunReport,
    SplitReport,
)
from rft.contracts.ledger import RunEvent, RunRecord
from rft.report.links import console_links, file_links
from rft.report.run_documents import RunDocuments
from rft.runs.headline import headline
from rft.runs.simulated import is_emulated
from rft.runs.status import TERMINAL

Texts = Mapping[str, str]
"""Row id → text."""


@dataclass(frozen=True)
class RowTexts:
    """Texts of the test rows shown in a report; empty if the stack captures no answers."""

    prompts: Texts = field(default_factory=dict)
    answers: Mapping[ModelName, Texts] = field(default_factory=dict)


def run_report(
    record: RunRecord,
    timeline: Sequence[RunEvent],
    files: RunDocuments,
    *,
    rollouts: RolloutExamples | None,
    texts: RowTexts,
    prefix: str,
    answers_captured: bool,
    unreadable: Sequence[str] = (),
) -> RunReport:
    """`record`: the ended run; `prefix`: its folder, `s3://bucket/runs/<run_id>/`."""
    return RunReport(
        run_id=record.run_id,
        name=record.name,
        status=record.status,
        headline=headline(record),
        simulated=is_emulated(record),
        answers_captured=answers_captured,
        timeline=tuple(event for event in timeline if event.after not in TERMINAL),
        rollouts=rollouts,
        lineage=_lineage(record, files),
        files=file_links(record, files, prefix),
        links=console_links(record, prefix),
        unreadable=(*files.unreadable, *unreadable),
        **_found(record),
        **_of_documents(files, texts),
    )


def _found(record: RunRecord) -> dict[str, Any]:
    same = ("created_at", "failure", "request", "dataset", "smoke_test", "calibration", "forecast", "job", "metrics",
            "breaker", "evaluation", "pilot")  # fmt: skip
    return {name: getattr(record, name) for name in same} | {
        "dataset_checks": record.dataset_checks or (),
        "hyperparameters": record.hyperparameters or {},
        "forecast_lines": tuple(forecast_lines(record)),
        "cost": record.forecast.cost if record.forecast else (),
        "judge_cost_usd": judge_usd(record),
    }


def _of_documents(files: RunDocuments, texts: RowTexts) -> dict[str, Any]:
    """Sections that come from the run's files only."""
    smoke_test, calibration = files.smoke_test, files.calibration
    return {
        "splits": _splits(files),
        "smoke_test_checks": smoke_test.checks if smoke_test else (),
        "smoke_test_judge": smoke_test.judge if smoke_test else None,
        "calibration_slices": calibration.slices if calibration else (),
        "evaluation_detail": _detail(files.evaluation, texts) if files.evaluation else None,
    }


def forecast_lines(record: RunRecord) -> list[ForecastLine]:
    expected, metrics = record.forecast, record.metrics
    if expected is None:
        return []
    judge = metrics.judge if metrics else None
    lines = [
        ("Training", "hours", expected.training_hours, record.job.hours if record.job else None),
        ("Rollouts", "", expected.rollouts, metrics.rollouts if metrics else None),
        ("Judge calls", "", expected.judge_calls, judge.calls if judge else None),
        ("Judge input", "tokens", expected.judge_input_tokens, judge.input_tokens if judge else None),
        ("Judge output", "tokens", expected.judge_output_tokens, judge.output_tokens if judge else None),
        ("Judge cost", "USD", next((line.usd for line in expected.cost if line.name == "judge"), None),
         judge_usd(record)),
    ]  # fmt: skip
    return [ForecastLine(name=name, unit=unit, forecast=most, actual=took) for name, unit, most, took in lines]


def judge_usd(record: RunRecord) -> float | None:
    """US dollars for the job's reported judge tokens; None if price or tokens are unknown."""
    price = record.forecast.judge_price if record.forecast else None
    judge = record.metrics.judge if record.metrics else None
    if price is None or judge is None or price.input_per_million is None or price.output_per_million is None:
        return None
    dollars = judge.input_tokens * price.input_per_million + judge.output_tokens * price.output_per_million
    return round(dollars / 1e6, 6)


def _splits(files: RunDocuments) -> tuple[SplitReport, ...]:
    manifest = files.manifest
    return tuple(
        SplitReport(
            name=name,
            rows=file.rows,
            groups=file.groups,
            bytes=file.bytes,
            digest=file.digest,
            labels=file.labels,
        )
        for name, file in (manifest.files.items() if manifest else ())
    )


def _detail(evaluation: EvaluationReport, texts: RowTexts) -> EvaluationDetail:
    scores = {row.row_id: (row.base_score, row.tuned_score) for row in evaluation.rows}

    def changed(row_id: str) -> ChangedRow:
        return ChangedRow(
            row_id=row_id,
            base_score=scores[row_id][0],
            tuned_score=scores[row_id][1],
            prompt=texts.prompts.get(row_id),
            base_answer=texts.answers.get("base", {}).get(row_id),
            tuned_answer=texts.answers.get("tuned", {}).get(row_id),
        )

    return EvaluationDetail(
        effect_size=evaluation.effect_size,
        mcnemar=evaluation.mcnemar,
        slices=evaluation.slices,
        changes=evaluation.changes,
        unscored=len(evaluation.unscored),
        models=evaluation.models,
        regressions=tuple(changed(row) for row in evaluation.changes.regressed if row in scores),
        improvements=tuple(changed(row) for row in evaluation.changes.improved if row in scores),
    )


def _lineage(record: RunRecord, files: RunDocuments) -> Lineage:
    source = files.manifest.source if files.manifest else None
    judge = record.metrics.judge if record.metrics else None
    protocol = record.evaluation.protocol if record.evaluation else None
    return Lineage(
        source_uri=source.uri if source else record.request.dataset.uri,
        source_version=source.version if source else record.request.dataset.version,
        source_digest=source.digest if source else None,
        dataset_digest=record.dataset.digest if record.dataset else None,
        base_model=record.request.base_model,
        grader_arn=record.grader_arn,
        grader_code_sha256=record.grader_code_sha256,
        judge_models=judge.models if judge else (),
        judge_prompt=judge.prompt if judge else None,
        sampling_protocol=protocol.digest if protocol else None,
        test_rows_digest=protocol.rows_digest if protocol else None,
        execution_arn=record.execution_arn,
        job_arn=record.job.arn if record.job else None,
        model_arn=record.model_arn,
    )
