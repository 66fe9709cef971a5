"""Signals that stop training or warn: what a request may set for each, and findings.

Every signal has an `action`: `stop` ends the job, `warn` is shown, `off` is not evaluated. docs/training-metrics.md
says why each number is what it is. A stopped job leaves no model, so what a person can judge better only warns.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from rft.contracts.base import MAX_INT32, Contract, Number, RequestPart, TextLine

Action = Literal["stop", "warn", "off"]

SignalName = Literal[
    "error_share",
    "flat_groups",
    "reward_collapse",
    "validation_falls",
    "answer_length",
    "reward_hacking",
    "judge_calls",
    "judge_cost",
]


class ErrorShare(RequestPart):
    """More than `limit` of the rollouts of the last `steps` could not be graded: training learns from their zeros."""

    action: Action = "stop"
    limit: Number = Field(default=0.3, ge=0, lt=1)
    steps: int = Field(default=3, ge=1, le=50)


class FlatGroups(RequestPart):
    """The policy does not learn.

    At least `limit` of the groups of the last `steps` are flat, and the reward has not risen by `gain` since the start.
    """

    action: Action = "stop"
    limit: Number = Field(default=0.98, gt=0, le=1)
    gain: Number = Field(default=0.05, ge=0, le=1)
    steps: int = Field(default=20, ge=1, le=50)


class RewardCollapse(RequestPart):
    """The reward of the last `steps` has fallen by more than the share `limit` below the best `steps` before."""

    action: Action = "stop"
    limit: Number = Field(default=0.5, gt=0, lt=1, description="Share of the best reward.")
    steps: int = Field(default=10, ge=1, le=50)


class ValidationFalls(RequestPart):
    """Validation has fallen by more than `limit` from its best, while training has risen by more than `rise`."""

    action: Action = "warn"
    limit: Number = Field(default=0.1, gt=0, lt=1)
    rise: Number = Field(default=0.02, ge=0, lt=1)
    passes: int = Field(default=3, ge=1, le=20, description="Validation passes that make one mean.")


class AnswerLength(RequestPart):
    """Answers of the last `steps` are more than `limit` times as long as those of the first `steps`."""

    action: Action = "warn"
    limit: Number = Field(default=3.0, gt=1, le=1000)
    steps: int = Field(default=10, ge=1, le=50)


class RewardHacking(RequestPart):
    """The reward of the last `steps` has risen by `rise` above the `before` steps, while the answers have changed.

    That is: their length changed by the factor `length`, their words lost the share `entropy` of their entropy, the
    share `copied` more of their text stands in the prompt, the weakest rewarded part lost `part`, or their scores
    moved by `audit` further above those of the audit judge, in runs with `evaluation.audit_judge`.
    """

    action: Action = "warn"
    steps: int = Field(default=5, ge=2, le=20)
    before: int = Field(default=20, ge=10, le=60)
    rise: Number = Field(default=0.03, ge=0, lt=1)
    length: Number = Field(default=2.0, gt=1, le=1000)
    entropy: Number = Field(default=0.2, gt=0, lt=1)
    copied: Number = Field(default=0.15, gt=0, lt=1)
    part: Number = Field(default=0.1, gt=0, lt=1)
    audit: Number = Field(default=0.25, gt=0, lt=1)


class JudgeCalls(RequestPart):
    """The judges were called more than `limit` times; None sets no budget."""

    action: Action = "stop"
    limit: int | None = Field(default=None, ge=0, le=MAX_INT32)


class JudgeCost(RequestPart):
    """The judges' tokens cost more than `limit` US dollars at these prices; None sets no budget.

    Prices are the request's, as they differ by model and change. Tokens from a model's cache count at the full price.
    """

    action: Action = "stop"
    limit: Number | None = Field(default=None, ge=0, le=1e6)
    usd_per_million_input_tokens: Number | None = Field(default=None, ge=0, le=1e5)
    usd_per_million_output_tokens: Number | None = Field(default=None, ge=0, le=1e5)

    @model_validator(mode="after")
    def _priced(self) -> Self:
        prices = (self.usd_per_million_input_tokens, self.usd_per_million_output_tokens)
        if self.limit is not None and None in prices:
            raise ValueError("a limit needs both usd_per_million_input_tokens and usd_per_million_output_tokens")
        return self


class BreakerRequest(RequestPart):
    """The circuit breaker of a job, by signal."""

    error_share: ErrorShare = ErrorShare()
    flat_groups: FlatGroups = FlatGroups()
    reward_collapse: RewardCollapse = RewardCollapse()
    validation_falls: ValidationFalls = ValidationFalls()
    answer_length: AnswerLength = AnswerLength()
    reward_hacking: RewardHacking = RewardHacking()
    judge_calls: JudgeCalls = JudgeCalls()
    judge_cost: JudgeCost = JudgeCost()


class Finding(Contract):
    """A signal that crossed its threshold: when first seen, and its numbers in a sentence."""

    signal: SignalName
    action: Literal["stop", "warn"]
    message: TextLine
    step: int = Field(description="Training steps done at that time (estimate).")
    at: AwareDatetime
