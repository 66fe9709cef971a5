"""Measured cost of calibration and forecast cost of the evaluation: model answers and judge calls. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rft.contracts.calibration import CalibrationSummary, SampledUse
from rft.contracts.forecast import CostLine, MeasuringUse, Range
from rft.contracts.prices import PriceTable
from rft.contracts.run_request import Mode, RunRequest
from rft.contracts.steps import PreparedDataset
from rft.forecast.costs import JudgeBill, judge_line
from rft.forecast.measured_grader import MeasuredGrader

UNKNOWN_OUTPUT_TOKENS = 2048
"""Assumed maximum tokens of an answer if no limit is set: more than AWS's samples need."""

MODELS = 2
"""Base model and trained model; an on-demand custom model is assumed to cost as much as its base."""


@dataclass(frozen=True)
class ModelFacts:
    """Answers of the models: the base model's from a completed calibration, and the planned evaluation's.

    `test_rows`: rows to be answered; `prompt_tokens`: mean per row.
    """

    base_model_id: str
    test_rows: int = 0
    prompt_tokens: float = 0.0
    calibration: CalibrationSummary | None = None

    @property
    def completed_calibration(self) -> CalibrationSummary | None:
        """None if calibration failed or was skipped."""
        found = self.calibration
        return found if found is not None and found.status == "completed" else None

    @property
    def calibration_calls(self) -> int:
        return self.calibration.judge_calls if self.calibration else 0

    @property
    def sampled(self) -> SampledUse | None:
        return self.completed_calibration.use if self.completed_calibration else None

    @property
    def seconds_per_answer(self) -> float:
        """The slow end of the measured time; 0 if unknown."""
        return (self.sampled.p95_seconds or 0.0) if self.sampled else 0.0


def used_calibration(models: ModelFacts, grader: MeasuredGrader) -> MeasuringUse | None:
    """Measured use of calibration; None without a completed one."""
    used, calibration = models.sampled, models.completed_calibration
    if used is None or calibration is None:
        return None
    return MeasuringUse(
        answers=used.answers,
        judge_calls=grader.counted(calibration.judge_calls),
        input_tokens=Range(low=used.input_tokens, high=used.input_tokens),
        output_tokens=Range(low=used.output_tokens, high=used.output_tokens),
    )


def planned_evaluation(
    request: RunRequest, dataset: PreparedDataset, models: ModelFacts, grader: MeasuredGrader
) -> MeasuringUse | None:
    """Both models' answers to the test rows; None if there is no evaluation.

    The bounds are the base model's measured answer length, if known, and the token limit.
    """
    if not request.evaluation.enabled or request.mode is Mode.PREFLIGHT or not models.test_rows:
        return None
    answers = MODELS * models.test_rows * request.evaluation.samples_per_row
    judged = answers * (2 if request.evaluation.audit_judge else 1)  # audit calls are priced like the run's own judge
    mean = (models.sampled.mean_output_tokens or 0.0) if models.sampled else 0.0
    longest = max(mean, dataset.hyperparameters.inferenceMaxTokens or UNKNOWN_OUTPUT_TOKENS)
    read = round(answers * models.prompt_tokens)
    return MeasuringUse(
        answers=answers,
        judge_calls=grader.judge_calls(Range(low=judged, high=judged)),
        input_tokens=Range(low=read, high=read),
        output_tokens=Range(low=round(answers * mean), high=round(answers * longest)),
    )


def measuring_lines(
    prices: PriceTable,
    models: ModelFacts,
    grader: MeasuredGrader,
    calibration: MeasuringUse | None,
    evaluation: MeasuringUse | None,
) -> Iterator[CostLine]:
    for name, use in (("calibration", calibration), ("evaluation", evaluation)):
        if use is not None:
            yield _line(name, prices, models.base_model_id, use, grader)


def _line(name: str, prices: PriceTable, model_id: str, use: MeasuringUse, grader: MeasuredGrader) -> CostLine:
    judged = judge_line(prices, _bill(use, grader))
    price = prices.judge(model_id)
    reading, writing = price.input_per_million, price.output_per_million
    unpriced = (f"the price of {model_id}",) if reading is None or writing is None else ()
    if judged.usd is None or reading is None or writing is None:
        return CostLine.model_validate({"name": name, "usd": None, "unknown": (*unpriced, *judged.unknown)})

    def usd(read: float | None, wrote: float | None, judge: float | None) -> float:
        return round(((read or 0) * reading + (wrote or 0) * writing) / 1_000_000 + (judge or 0), 6)

    low = usd(use.input_tokens.low, use.output_tokens.low, judged.usd.low)
    high = usd(use.input_tokens.high, use.output_tokens.high, judged.usd.high)
    return CostLine.model_validate({"name": name, "usd": Range(low=low, high=high)})


def _bill(use: MeasuringUse, grader: MeasuredGrader) -> JudgeBill:
    return JudgeBill(
        models=grader.judge_models,
        input_tokens=grader.input_tokens(use.judge_calls),
        output_tokens=grader.output_tokens(use.judge_calls),
    )
