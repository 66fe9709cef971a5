"""Circuit-breaker signals of a training job: their settings in a request, and findings.

Every signal has an `action`: `stop` ends the job, `warn` reports a finding, `off` disables the signal.
docs/training-metrics.md explains each default. A stopped job produces no model, so signals that need human judgement
only warn.
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
    """More than `limit` of the last `steps` steps' rollouts could not be graded; training treats them as reward 0."""

    action: Action = "stop"
    limit: Number = Field(default=0.3, ge=0, lt=1)
    steps: int = Field(default=3, ge=1, le=50)


class FlatGroups(RequestPart):
    """The policy does not learn.

    At least `limit` of the groups of the last `steps` are flat, and the reward has risen by less than `gain` since the
    start.
    """

    action: Action = "stop"
    limit: Number = Field(default=0.98, gt=0, le=1)
    gain: Number = Field(default=0.05, ge=0, le=1)
    steps: int = Field(default=20, ge=1, le=50)


class RewardCollapse(RequestPart):
    """The mean reward of the last `steps` is more than `limit` (a share) below the best window of `steps` before."""

    action: Action = "stop"
    limit: Number = Field(default=0.5, gt=0, lt=1, description="As a share of the best reward.")
    steps: int = Field(default=10, ge=1, le=50)


class ValidationFalls(RequestPart):
    """Validation reward has fallen by over `limit` from its best while training reward has risen by over `rise`."""

    action: Action = "warn"
    limit: Number = Field(default=0.1, gt=0, lt=1)
    rise: Number = Field(default=0.02, ge=0, lt=1)
    passes: int = Field(default=3, ge=1, le=20, description="Validation passes per mean.")


class AnswerLength(RequestPart):
    """The mean answer length of the last `steps` exceeds `limit` times that of the first `steps`."""

    action: Action = "warn"
    limit: Number = Field(default=3.0, gt=1, le=1000)
    steps: int = Field(default=10, ge=1, le=50)


class RewardHacking(RequestPart):
    """The reward of the last `steps` exceeds that of the `before` steps by `rise`, and the answers have changed.

    A change is one of: the length changed by the factor `length`; the word entropy fell by the share `entropy`; the
    share of text copied from the prompt rose by `copied`; the lowest reward component fell by `part`; the gap between
    the score and the audit judge's score grew by `audit` (only with `evaluation.audit_judge`).
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
    """Judge calls exceed `limit`; None disables the limit."""

    action: Action = "stop"
    limit: int | None = Field(default=None, ge=0, le=MAX_INT32)


class JudgeCost(RequestPart):
    """The cost of judge tokens exceeds `limit` US dollars at these prices; None disables the limit.

    The request sets the prices because they differ by model and change over time. Cached tokens count at the full
    price.
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
    """Circuit-breaker settings of a job, by signal."""

    error_share: ErrorShare = ErrorShare()
    flat_groups: FlatGroups = FlatGroups()
    reward_collapse: RewardCollapse = RewardCollapse()
    validation_falls: ValidationFalls = ValidationFalls()
    answer_length: AnswerLength = AnswerLength()
    reward_hacking: RewardHacking = RewardHacking()
    judge_calls: JudgeCalls = JudgeCalls()
    judge_cost: JudgeCost = JudgeCost()


class Finding(Contract):
    """A signal that exceeded its threshold: when it was first detected, and a sentence with its numbers."""

    signal: SignalName
    action: Literal["stop", "warn"]
    message: TextLine
    step: int = Field(description="Completed training steps at that time (estimate).")
    at: AwareDatetime
