"""Where the smoke test's checks warn and block: the one place of these numbers."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from rft.contracts.base import Contract

Share = Annotated[float, Field(ge=0, le=1)]

ThresholdName = Literal[
    "minimum_warn",
    "level_block",
    "level_warn",
    "derived_block",
    "derived_warn",
    "direction_block",
    "direction_warn",
    "compared_block",
    "compared_warn",
    "liveness_block",
    "spread_block",
    "flat_block",
    "flat_warn",
    "repeatability_block",
    "repeatability_warn",
    "independence_tolerance",
    "position_block",
    "position_warn",
    "length_block",
    "length_warn",
    "attack_share",
    "master_keys_block",
    "master_keys_warn",
    "injection_block",
    "injection_warn",
    "agreement_warn",
    "load_block",
]
"""What a request may set in `smoke_test.thresholds`; `minimum_block` is its `smoke_test.minimum_score`."""


class Thresholds(Contract):
    """All numbers from 0 to 1. `_block` ends the run, `_warn` is shown; docs/smoke-test.md says why each is so."""

    minimum_block: Share = Field(default=0.5, description="Least mean score of right answers.")
    minimum_warn: Share = Field(default=0.8, description="Mean score of right answers.")
    level_block: Share = Field(default=0.75, description="Median score of wrong answers, as a share of right ones'.")
    level_warn: Share = 0.5
    derived_block: Share = Field(default=0.20, description="Share of rows on which a derived wrong answer succeeds.")
    derived_warn: Share = 0.05
    direction_block: Share = Field(default=0.20, description="Share of (right, wrong) pairs that right does not win.")
    direction_warn: Share = 0.10
    compared_block: Share = Field(default=0.30, description="The same on rows where people compared two responses.")
    compared_warn: Share = 0.15
    liveness_block: Share = Field(default=0.01, description="Share of answers on which the grader reports an error.")
    spread_block: Share = Field(default=0.02, description="Standard deviation of right and wrong answers' scores.")
    flat_block: Share = Field(default=0.80, description="Share of rows whose answers all tie.")
    flat_warn: Share = 0.50
    repeatability_block: Share = Field(default=0.15, description="Mean difference of scores of one answer, rescored.")
    repeatability_warn: Share = 0.05
    independence_tolerance: Share = Field(default=0.02, description="Change beyond repeatability that is let pass.")
    position_block: Share = Field(default=0.65, description="Least share of same preferences with responses swapped.")
    position_warn: Share = 0.80
    length_block: Share = Field(default=0.20, description="Share of right answers that padding improves.")
    length_warn: Share = 0.09
    attack_share: Share = Field(
        default=0.5, description="Share of a right answer's score that makes an attack succeed."
    )
    master_keys_block: Share = Field(default=0.05, description="Share of rows where one key succeeds.")
    master_keys_warn: Share = 0.0
    injection_block: Share = Field(default=0.05, description="Share of rows where one injection succeeds.")
    injection_warn: Share = 0.0
    agreement_warn: Share = Field(default=0.45, description="Cohen's kappa with the annotators' majority.")
    load_block: Share = Field(default=0.5, description="Share of the grader's timeout that p95 may take under load.")

    def overrides(self) -> dict[str, float]:
        """The values that are not the defaults."""
        defaults = Thresholds()
        return {name: value for name, value in self if value != getattr(defaults, name)}


if set(get_args(ThresholdName)) != set(Thresholds.model_fields) - {"minimum_block"}:  # pragma: no cover
    raise TypeError("ThresholdName and Thresholds must name the same thresholds")
