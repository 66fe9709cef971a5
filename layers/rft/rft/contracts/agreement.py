"""Agreement statistics for two raters of the same rows."""

from __future__ import annotations

from pydantic import Field

from rft.contracts.base import Contract

Interval = tuple[float, float]
"""Lower and upper bound of a 95 % confidence interval."""


class Figures(Contract):
    """Agreement over `n` rows. A statistic is None if it is undefined: no rows, or only one verdict occurs.

    Macro averages weight all verdicts that occur in the truth or the predictions equally.
    """

    n: int
    accuracy: float | None
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    kappa: float | None = Field(description="Cohen's kappa, unweighted.")
    kappa_interval: Interval | None = Field(
        description="95 % CI: bootstrap over rows with a fixed seed; Wilson's interval if all rows agree."
    )
    confusion: dict[str, dict[str, int]] = Field(description="True verdict → predicted verdict → number of rows.")


class Agreement(Figures):
    """Agreement on the `parsed` rows of `n`, those with a readable verdict from both raters.

    `unparsable_as_wrong` covers all `n` rows and counts an unreadable verdict as a disagreement.
    """

    parsed: int
    unparsable: int
    unparsable_as_wrong: Figures


class HumanAgreement(Contract):
    """The grader's preferences compared with the annotators' on the same rows."""

    majority: Agreement
    annotators: tuple[Agreement, ...] = Field(description="Agreement with each annotator.")
    longer_wins: Agreement = Field(description="Baseline: always prefer the longer response.")
    always_second: Agreement = Field(description="Baseline: always prefer the second response.")
    humans: tuple[float | None, ...] = Field(description="Cohen's κ of each pair of annotators: 1-2, 1-3, 2-3.")


class ThresholdAgreement(Contract):
    """Agreement on which rows are good: score ≥ lowest + `share` · (highest - lowest), per rater."""

    share: float
    hand_limit: float
    grader_limit: float
    accuracy: float
    kappa: float | None = Field(description="Cohen's kappa; None if one rater gives all rows the same label.")
    kappa_interval: Interval | None


class ScoreAgreement(Contract):
    """A grader's scores compared with human scores of the same `n` rows; the scales may differ."""

    n: int
    only_truth: int = Field(description="Rows with a human score only.")
    only_grader: int = Field(description="Rows with a grader score only.")
    spearman: float | None = Field(description="Spearman's rank correlation; None if one rater's scores are constant.")
    spearman_interval: Interval | None = Field(description="95 % CI: bootstrap over rows with a fixed seed.")
    mean_difference: float = Field(description="Mean of the grader's score minus the human score.")
    thresholds: tuple[ThresholdAgreement, ...]
