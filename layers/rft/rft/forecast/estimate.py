"""Forecasts a job from its dataset, hyperparameters and the smoke test's measurements. Pure.

Sources: a step grades batchSize * trainingSamplePerPrompt answers, and an epoch has ceil(rows / batchSize) steps (Nova
user guide). How Bedrock calls a grader is not published; SageMaker's figures are assumed: 64 answers per call and 12
concurrent calls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rft.contracts.forecast import CostLine, Forecast, Range
from rft.contracts.grading import AUDIT_EVERY
from rft.contracts.prices import PriceTable
from rft.contracts.run_request import HyperParameters, RunRequest
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import PreparedDataset
from rft.forecast.budget import over_budget
from rft.forecast.costs import cost_lines, dearest, total, training_hours
from rft.forecast.measured_grader import Allowances, GraderFacts, MeasuredGrader, plus_known, scaled
from rft.forecast.measuring import ModelFacts, measuring_lines, planned_evaluation, used_calibration
from rft.grading.batch_sizes import BATCH_SAMPLES, MAX_PARALLEL, rollouts_per_step


def forecast(
    *, request: RunRequest, dataset: PreparedDataset, report: SmokeTestReport, grader: GraderFacts, models: ModelFacts,
    prices: PriceTable, allowances: Allowances,
) -> Forecast:  # fmt: skip
    job = _Job(dataset, dataset.hyperparameters, models)
    measured = MeasuredGrader(report, grader, job.answers_per_call, models.completed_calibration)
    calls = with_audits(measured.judge_calls(job.rollouts), request)
    hours = measured.grader_hours(job.rollouts)
    training = job.training_hours(hours, request, prices)
    calibration, evaluation = used_calibration(models, measured), planned_evaluation(request, dataset, models, measured)
    of_job = _cost_of_job(job, measured, prices, calls=calls, grader_hours=hours, hours=training)
    cost = (*of_job, *measuring_lines(prices, models, measured, calibration, evaluation))
    found = Forecast(
        steps=job.steps,
        rollouts=job.rollouts,
        grader_invocations=job.invocations,
        grader_hours=hours,
        judge_calls=calls,
        judge_input_tokens=measured.input_tokens(calls),
        judge_output_tokens=measured.output_tokens(calls),
        smoke_test=measured.use,
        calibration=calibration,
        evaluation=evaluation,
        judge_calls_in_all=plus_known(plus_known(calls, measured.use.judge_calls), models.calibration_calls),
        grader_concurrency=job.concurrency,
        limits=measured.limits(job.concurrency, allowances),
        training_hours=training,
        cost=cost,
        cost_usd=total(cost),
        prices_as_of=prices.as_of,
        prices_source=prices.source,
        assumptions=ASSUMPTIONS,
        judge_price=None if measured.judge_bill(calls).nothing else dearest(prices, measured.judge_models),
    )
    return found.model_copy(update={"over_budget": over_budget(request, found)})


def with_audits(calls: Range | None, request: RunRequest) -> Range | None:
    """Judge calls of training, including the audit judge's, which are priced like the run's own judge."""
    if calls is None or not request.evaluation.audit_judge:
        return calls
    return scaled(calls, 1 + 1 / AUDIT_EVERY)


def _cost_of_job(
    job: _Job,
    measured: MeasuredGrader,
    prices: PriceTable,
    *,
    calls: Range | None,
    grader_hours: Range | None,
    hours: Range,
) -> tuple[CostLine, ...]:
    return cost_lines(
        prices=prices,
        training_hours=hours,
        judge=measured.judge_bill(calls),
        grader_hours=grader_hours,
        invocations=scaled(job.invocations, 1, plus=measured.use.invocations),
    )


ASSUMPTIONS = (
    f"A grader is called with up to {BATCH_SAMPLES} answers, {MAX_PARALLEL} concurrent calls max, as SageMaker does:  "
    "Bedrock's numbers are not published.",
    "Validation rows are answered at every evalInterval and perhaps at the end, each once or trainingSamplePerPrompt "
    "times: Bedrock does not say.",
    "All training rows are trained on; prompts over maxPromptLength would be dropped.",
    "Each answer of the job takes the grader and its judge as long, and as many tokens, as the smoke test's.",
    "A grader whose code checks first judges min as many answers as in calibration, and "
    "max every one; without a calibration, min 0.",
    "A step takes min the 95th percentile of the base model's answers in calibration.",
    "The evaluation answers every test row that the request allows; it is skipped where too few judge calls are left.",
    "The upper bound of training hours is the limit at which the run stops its job.",
)


@dataclass(frozen=True)
class _Job:
    """Figures derived from rows and hyperparameters; unset hyperparameters default to those of AWS's sample."""

    dataset: PreparedDataset
    chosen: HyperParameters
    models: ModelFacts

    @property
    def steps(self) -> int:
        return math.ceil(self.dataset.train_rows / self._batch) * (self.chosen.epochCount or 2)

    @property
    def rollouts(self) -> Range:
        """Lower bound: only existing rows, each validation row once.

        Upper bound: full batches, and a final validation pass.
        """
        epochs, samples = self.chosen.epochCount or 2, self._samples
        validations = self.steps // (self.chosen.evalInterval or 10)
        rows = self.dataset.validation_rows
        return Range(
            low=self.dataset.train_rows * epochs * samples + validations * rows,
            high=self.steps * self._batch * samples + (validations + 1) * rows * samples,
        )

    @property
    def invocations(self) -> Range:
        return Range(
            low=math.ceil(self.rollouts.low / self.answers_per_call),
            high=math.ceil((self.rollouts.high or 0) / self.answers_per_call) + self.steps,
        )

    def training_hours(self, grader_hours: Range | None, request: RunRequest, prices: PriceTable) -> Range:
        """At least the graders' time and one answer per step; at most the request's limit."""
        grading = grader_hours.low / self.concurrency if grader_hours else 0.0
        return training_hours(
            rollouts=self.rollouts,
            least=max(grading, self.steps * self.models.seconds_per_answer / 3600),
            most=request.max_training_hours,
            pace=prices.rollouts_per_hour,
        )

    @property
    def answers_per_call(self) -> int:
        return min(BATCH_SAMPLES, rollouts_per_step(self.chosen))

    @property
    def concurrency(self) -> int:
        return min(MAX_PARALLEL, math.ceil(rollouts_per_step(self.chosen) / BATCH_SAMPLES))

    @property
    def _batch(self) -> int:
        return self.chosen.batchSize or 64

    @property
    def _samples(self) -> int:
        return self.chosen.trainingSamplePerPrompt or 4
