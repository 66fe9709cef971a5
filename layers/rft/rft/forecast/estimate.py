"""What a job is going to take, from its dataset, its hyperparameters and what the smoke test measured. Pure.

Sources. A step grades batchSize * trainingSamplePerPrompt answers, and an epoch has ceil(rows / batchSize) steps (Nova
user guide). How Bedrock calls a grader is not published: SageMaker's 64 answers a call and 12 calls at once are taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from rft.contracts.forecast import Forecast, LimitCheck, Range, SmokeTestUse
from rft.contracts.prices import PriceTable
from rft.contracts.run_request import HyperParameters, RunRequest
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import PreparedDataset
from rft.forecast.budget import over_budget
from rft.forecast.costs import JudgeBill, cost_lines, dearest, total, training_hours
from rft.grading.batch_sizes import BATCH_SAMPLES, MAX_PARALLEL, rollouts_per_step


@dataclass(frozen=True)
class Allowances:
    """What the account allows, as the stack's parameters say; None is unknown."""

    grader_concurrency: int | None = None
    judge_requests_per_minute: int | None = None
    judge_tokens_per_minute: int | None = None


@dataclass(frozen=True)
class GraderFacts:
    """What the stack knows of the grader: whether it is one of its own, and the models that its judges would be."""

    own: bool
    judge_models: tuple[str, ...]


def forecast(
    *,
    request: RunRequest,
    dataset: PreparedDataset,
    report: SmokeTestReport,
    grader: GraderFacts,
    prices: PriceTable,
    allowances: Allowances,
) -> Forecast:
    """The forecast, with every limit of the request that it may exceed."""
    job = _Job(dataset, dataset.hyperparameters)
    measured = _Measured(report, grader, job.answers_per_call)
    calls, hours = measured.judge_calls(job.rollouts), measured.grader_hours(job.rollouts)
    tokens_in, tokens_out = measured.input_tokens(calls), measured.output_tokens(calls)
    use = measured.use
    judge = measured.judge_bill(tokens_in, tokens_out)
    training = job.training_hours(hours, request, prices)
    invocations = _scaled(job.invocations, 1, plus=use.invocations)
    cost = cost_lines(prices=prices, training_hours=training, judge=judge, grader_hours=hours, invocations=invocations)
    found = Forecast(
        steps=job.steps,
        rollouts=job.rollouts,
        grader_invocations=job.invocations,
        grader_hours=hours,
        judge_calls=calls,
        judge_input_tokens=tokens_in,
        judge_output_tokens=tokens_out,
        smoke_test=use,
        judge_calls_in_all=_plus(calls, use.judge_calls),
        grader_concurrency=job.concurrency,
        limits=measured.limits(job.concurrency, allowances),
        training_hours=training,
        cost=cost,
        cost_usd=total(cost),
        prices_as_of=prices.as_of,
        prices_source=prices.source,
        assumptions=ASSUMPTIONS,
        judge_price=None if judge.nothing else dearest(prices, judge.models),
    )
    return found.model_copy(update={"over_budget": over_budget(request, found)})


ASSUMPTIONS = (
    f"A grader is called with up to {BATCH_SAMPLES} answers, {MAX_PARALLEL} calls at once at most, as SageMaker does: "
    "Bedrock's numbers are not published.",
    "Validation rows are answered at every evalInterval and perhaps at the end, each once or trainingSamplePerPrompt "
    "times: Bedrock does not say.",
    "All training rows are trained on; prompts over maxPromptLength would be dropped.",
    "Each answer of the job takes the grader and its judge as long, and as many tokens, as the smoke test's.",
    "A grader whose code checks first may have no answer or every answer judged: that depends on the model.",
    "The most training hours are those after which the run stops its job.",
)


@dataclass(frozen=True)
class _Job:
    """What follows from rows and hyperparameters alone. Those that are not known count as AWS's sample has them."""

    dataset: PreparedDataset
    chosen: HyperParameters

    @property
    def steps(self) -> int:
        return math.ceil(self.dataset.train_rows / self._batch) * (self.chosen.epochCount or 2)

    @property
    def rollouts(self) -> Range:
        """The least: whole rows, each validation row once. The most: full batches, and a validation at the end."""
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
        """Not below the time that graders take, not above the request's limit."""
        return training_hours(
            rollouts=self.rollouts,
            grading=grader_hours.low / self.concurrency if grader_hours else None,
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


@dataclass(frozen=True)
class _Measured:
    """What the smoke test measured, and what follows from it for a number of rollouts."""

    report: SmokeTestReport
    grader: GraderFacts
    answers_per_call: int

    @property
    def use(self) -> SmokeTestUse:
        judge, no_judge = self.report.judge, 0 if self._never_judges else None
        return SmokeTestUse(
            invocations=self.report.invocations,
            judge_answers_planned=0 if self._never_judges else self.report.planned.answers,
            judge_calls=judge.calls if judge else no_judge,
            judge_input_tokens=(judge.input_tokens or None) if judge else no_judge,
            judge_output_tokens=(judge.output_tokens or None) if judge else no_judge,
        )

    def judge_calls(self, rollouts: Range) -> Range | None:
        """None where the grader does not count its judge's calls. Only the graders of this project always do."""
        if self._never_judges:
            return Range(low=0, high=0)
        if self._calls_per_answer is None:
            return None
        least = self._calls_per_answer if self._judged_share >= 1 else 0.0
        return Range(low=_whole(rollouts.low * least), high=_whole((rollouts.high or 0) * self._calls_per_answer))

    def input_tokens(self, calls: Range | None) -> Range | None:
        """Tokens that judges read; None where the grader does not count them."""
        return self._tokens(calls, self.use.judge_input_tokens)

    def output_tokens(self, calls: Range | None) -> Range | None:
        """Tokens that judges write."""
        return self._tokens(calls, self.use.judge_output_tokens)

    def judge_bill(self, input_tokens: Range | None, output_tokens: Range | None) -> JudgeBill:
        """Of the whole run: these tokens of the job, and those that the smoke test used."""
        return JudgeBill(
            models=self.grader.judge_models if self.grader.own else None,
            input_tokens=_plus(input_tokens, self.use.judge_input_tokens),
            output_tokens=_plus(output_tokens, self.use.judge_output_tokens),
        )

    def grader_hours(self, rollouts: Range) -> Range | None:
        """By the slow end of parallel batches, half of them right answers: where only those are judged, up to twice."""
        seconds = self.report.times.load_p95_seconds
        if seconds is None:
            return None
        hours = seconds / self.answers_per_call / 3600
        slower = 2 if self.report.judge and self._judged_share < 1 else 1
        return Range(low=rollouts.low * hours, high=(rollouts.high or 0) * hours * slower)

    def limits(self, concurrency: int, allowed: Allowances) -> tuple[LimitCheck, ...]:
        """Each quota beside what graders would ask of it at the pace that was measured."""
        calls = self._judge_calls_per_minute(concurrency)
        return (
            _limit("grader_concurrency", concurrency, allowed.grader_concurrency),
            _limit("judge_requests_per_minute", calls, allowed.judge_requests_per_minute),
            _limit("judge_tokens_per_minute", self._tokens_per_minute(calls), allowed.judge_tokens_per_minute),
        )

    def _judge_calls_per_minute(self, concurrency: int) -> float | None:
        seconds, per_answer = self.report.times.load_p95_seconds, self._calls_per_answer
        if self._never_judges:
            return 0.0
        if not seconds or per_answer is None:
            return None
        return round(concurrency * self.answers_per_call * min(1.0, self._judged_share) * per_answer * 60 / seconds, 1)

    def _tokens_per_minute(self, calls: float | None) -> float | None:
        used = [self.use.judge_input_tokens, self.use.judge_output_tokens]
        if calls == 0:
            return 0.0
        if calls is None or not self.use.judge_calls or None in used:
            return None
        return round(calls * sum(tokens or 0 for tokens in used) / self.use.judge_calls)

    @property
    def _never_judges(self) -> bool:
        return self.grader.own and self.report.judge is None

    @cached_property
    def _judged_share(self) -> float:
        judge = self.report.judge
        return judge.answers / len(self.report.scores) if judge and self.report.scores else 0.0

    @property
    def _calls_per_answer(self) -> float | None:
        judge = self.report.judge
        if judge is None or not judge.calls:
            return None
        return judge.calls / (judge.answers or len(self.report.scores))

    def _tokens(self, calls: Range | None, used: int | None) -> Range | None:
        if calls is None or used is None:
            return None
        return _scaled(calls, used / self.use.judge_calls if self.use.judge_calls else 0.0)


def _limit(name: str, needed: float | None, allowed: float | None) -> LimitCheck:
    fits = None if needed is None or allowed is None else needed <= allowed
    return LimitCheck.model_validate({"name": name, "needed": needed, "allowed": allowed, "fits": fits})


def _scaled(numbers: Range, by: float, plus: float = 0) -> Range:
    high = None if numbers.high is None else _whole(numbers.high * by + plus)
    return Range(low=_whole(numbers.low * by + plus), high=high)


def _whole(number: float) -> int:
    """Rounded up, but for what floats add to a whole number."""
    return math.ceil(round(number, 6))


def _plus(numbers: Range | None, more: float | None) -> Range | None:
    return None if numbers is None or more is None else _scaled(numbers, 1, plus=more)
