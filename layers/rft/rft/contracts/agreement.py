"""Agreement between two lists of verdicts."""

from __future__ import annotations

from pydantic import Field

from rft.contracts.base import Contract

Interval = tuple[float, float]
"""Low and high end, 95 %."""


class Figures(Contract):
    """Agreement over `n` rows. None where a figure is undefined: no rows, or a single verdict everywhere.

    Macro figures are means over the verdicts that occur in truth or predictions, each counted alike.
    """

    n: int
    accuracy: float | None
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    kappa: float | None = Field(description="Cohen's kappa, unweighted.")
    kappa_interval: Interval | None = Field(
        description="95 %, bootstrap over rows with a fixed seed; by Wilson's interval where all rows agree."
    )
    confusion: dict[str, dict[str, int]] = Field(description="Truth → prediction → rows.")


class Agreement(Figures):
    """`n` rows of which `parsed` have a readable verdict on both sides; the figures are over those alone.

    `unparsable_as_wrong` has the same figures over all rows, an unreadable verdict agreeing with nothing.
    """

    parsed: int
    unparsable: int
    unparsable_as_wrong: Figures


class HumanAgreement(Contract):
    """The grader's preferences next to the annotators' on the same rows."""

    majority: Agreement
    annotators: tuple[Agreement, ...] = Field(description="Against each annotator alone.")
    longer_wins: Agreement = Field(description="Figures of always preferring the longer response.")
    always_second: Agreement = Field(description="Figures of always preferring the second response.")
    humans: tuple[float | None, ...] = Field(description="κ of each pair of annotators: 1-2, 1-3, 2-3.")


class ThresholdAgreement(Contract):
    """Agreement on which rows are good: those at or above a share of the way from the lowest score to the highest."""

    share: float
    hand_limit: float
    grader_limit: float
    accuracy: float
    kappa: float | None = Field(description="Cohen's kappa; None where one side decides alike on all rows.")
    kappa_interval: Interval | None


class ScoreAgreement(Contract):
    """Hand scores and a grader's of the same `n` rows, whatever the scale of either."""

    n: int
    only_truth: int = Field(description="Rows that only people scored.")
    only_grader: int = Field(description="Rows that only the grader scored.")
    spearman: float | None = Field(description="Rank correlation; None where one side is constant.")
    spearman_interval: Interval | None = Field(description="95 %, bootstrap over rows with a fixed seed.")
    mean_difference: float = Field(description="Mean of the grader's score less the hand score.")
    thresholds: tuple[ThresholdAgreement, ...]
