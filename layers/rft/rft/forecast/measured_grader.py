"""Extrapolates grading cost from the smoke test and calibration. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from rft.contracts.calibration import CalibrationSummary
from rft.contracts.forecast import LimitCheck, Range, SmokeTestUse
from rft.contracts.smoke_test import SmokeTestReport
from rft.forecast.costs import JudgeBill


@dataclass(frozen=True)
class Allowances:
    """The account's quotas, from stack parameters; None if unknown."""

    grader_concurrency: int | None = None
    judge_requests_per_minute: int | None = None
    judge_tokens_per_minute: int | None = None


@dataclass(frozen=True)
class GraderFacts:
    own: bool
    judge_models: tuple[str, ...]


JUDGED_IN_LOAD = 0.5
"""Share of right answers in the smoke test's parallel batches."""


@dataclass(frozen=True)
class MeasuredGrader:
    """Measurements, extrapolated to a number of answers. `calibration` must be a completed one."""

    report: SmokeTestReport
    grader: GraderFacts
    answers_per_call: int
    calibration: CalibrationSummary | None = None

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

    @property
    def judge_models(self) -> tuple[str, ...] | None:
        """Model ids of the judges; None if unknown."""
        return self.grader.judge_models if self.grader.own else None

    def judge_calls(self, rollouts: Range) -> Range | None:
        """Judge calls for `rollouts`; None if the grader does not report them (this project's graders always do).

        The lower bound uses the rate on the base model's answers: as the model learns, more answers pass the code
        checks that precede the judge.
        """
        if self._never_judges:
            return Range(low=0, high=0)
        if self._calls_per_answer is None:
            return None
        most = max(self._calls_per_answer, self._calls_of_base)
        least = self._calls_per_answer if self._judged_share >= 1 else self._calls_of_base
        return Range(low=_whole(rollouts.low * least), high=_whole((rollouts.high or 0) * most))

    def counted(self, calls: int) -> Range | None:
        """Judge calls of a step; None if the grader does not report them."""
        return None if self.use.judge_calls is None else Range(low=calls, high=calls)

    def input_tokens(self, calls: Range | None) -> Range | None:
        """Input tokens of judges; None if the grader does not report them."""
        return self._tokens(calls, self.use.judge_input_tokens)

    def output_tokens(self, calls: Range | None) -> Range | None:
        """Output tokens of judges; None if the grader does not report them."""
        return self._tokens(calls, self.use.judge_output_tokens)

    def judge_bill(self, calls: Range | None) -> JudgeBill:
        return JudgeBill(
            models=self.judge_models,
            input_tokens=plus_known(self.input_tokens(calls), self.use.judge_input_tokens),
            output_tokens=plus_known(self.output_tokens(calls), self.use.judge_output_tokens),
        )

    def grader_hours(self, rollouts: Range) -> Range | None:
        """Extrapolated from the slow end of parallel batches.

        Half of the smoke test's answers are right: if only those are judged, training may take up to twice as long. The
        lower bound uses the share of the base model's answers that were judged in calibration, if known.
        """
        seconds = self.report.times.load_p95_seconds
        if seconds is None:
            return None
        hours = seconds / self.answers_per_call / 3600
        partly = self.report.judge is not None and self._judged_share < 1
        return Range(
            low=rollouts.low * hours * (self._share_of_base / JUDGED_IN_LOAD if partly and self._calls_of_base else 1),
            high=(rollouts.high or 0) * hours * (2 if partly else 1),
        )

    def limits(self, concurrency: int, allowed: Allowances) -> tuple[LimitCheck, ...]:
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

    @property
    def _calls_of_base(self) -> float:
        """Judge calls per answer of the base model; 0 without calibration or if the grader does not report them."""
        calibration = self.calibration
        if calibration is None or calibration.use is None or not calibration.use.answers:
            return 0.0
        return calibration.judge_calls / calibration.use.answers

    @property
    def _share_of_base(self) -> float:
        """Share of the base model's answers that were judged."""
        return min(1.0, self._calls_of_base / (self._calls_per_answer or 1.0))

    def _tokens(self, calls: Range | None, used: int | None) -> Range | None:
        if calls is None or used is None:
            return None
        return scaled(calls, used / self.use.judge_calls if self.use.judge_calls else 0.0)


def _limit(name: str, needed: float | None, allowed: float | None) -> LimitCheck:
    fits = None if needed is None or allowed is None else needed <= allowed
    return LimitCheck.model_validate({"name": name, "needed": needed, "allowed": allowed, "fits": fits})


def scaled(numbers: Range, by: float, plus: float = 0) -> Range:
    """Multiplies both bounds by `by`, adds `plus`, and rounds up."""
    high = None if numbers.high is None else _whole(numbers.high * by + plus)
    return Range(low=_whole(numbers.low * by + plus), high=high)


def _whole(number: float) -> int:
    # Tolerates floating-point error.
    return math.ceil(round(number, 6))


def plus_known(numbers: Range | None, more: float | None) -> Range | None:
    """The sum; None if either is unknown."""
    return None if numbers is None or more is None else scaled(numbers, 1, plus=more)
