"""Warning and blocking thresholds of the smoke test's checks, defined only here."""

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
"""Keys of a request's `smoke_test.thresholds`; `minimum_block` is set by `smoke_test.minimum_score` instead."""


class Thresholds(Contract):
    """All thresholds, from 0 to 1. `_block` ends the run, `_warn` is reported; docs/smoke-test.md explains each."""

    minimum_block: Share = Field(default=0.5, description="Minimum mean score of right answers.")
    minimum_warn: Share = Field(default=0.8, description="Mean score of right answers.")
    level_block: Share = Field(
        default=0.75, description="Median score of wrong answers, as a share of the right answers' median."
    )
    level_warn: Share = 0.5
    derived_block: Share = Field(default=0.20, description="Share of rows on which a derived wrong answer succeeds.")
    derived_warn: Share = 0.05
    direction_block: Share = Field(
        default=0.20, description="Share of (right, wrong) pairs in which the right answer does not score higher."
    )
    direction_warn: Share = 0.10
    compared_block: Share = Field(default=0.30, description="The same on rows where people compared two responses.")
    compared_warn: Share = 0.15
    liveness_block: Share = Field(default=0.01, description="Share of answers on which the grader reports an error.")
    spread_block: Share = Field(default=0.02, description="Standard deviation of right and wrong answers' scores.")
    flat_block: Share = Field(default=0.80, description="Share of rows whose answers all have the same score.")
    flat_warn: Share = 0.50
    repeatability_block: Share = Field(
        default=0.15, description="Mean score difference when the same answer is scored again."
    )
    repeatability_warn: Share = 0.05
    independence_tolerance: Share = Field(default=0.02, description="Tolerated score change beyond the repeatability.")
    position_block: Share = Field(
        default=0.65, description="Minimum share of unchanged preferences after the responses are swapped."
    )
    position_warn: Share = 0.80
    length_block: Share = Field(default=0.20, description="Share of right answers whose score is raised by padding.")
    length_warn: Share = 0.09
    attack_share: Share = Field(
        default=0.5, description="Share of a right answer's score from which an attack counts as successful."
    )
    master_keys_block: Share = Field(default=0.05, description="Share of rows on which one master key succeeds.")
    master_keys_warn: Share = 0.0
    injection_block: Share = Field(default=0.05, description="Share of rows on which one injection succeeds.")
    injection_warn: Share = 0.0
    agreement_warn: Share = Field(default=0.45, description="Cohen's kappa with the annotators' majority.")
    load_block: Share = Field(default=0.5, description="p95 latency under load, as a share of the grader's timeout.")

    def overrides(self) -> dict[str, float]:
        """Values that differ from the defaults."""
        defaults = Thresholds()
        return {name: value for name, value in self if value != getattr(defaults, name)}


if set(get_args(ThresholdName)) != set(Thresholds.model_fields) - {"minimum_block"}:  # pragma: no cover
    raise TypeError("ThresholdName and Thresholds must name the same thresholds")
