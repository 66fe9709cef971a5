"""Rubrics for a judge model, per run or per row."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from rft.contracts.base import Number, RequestPart
from rft.contracts.http.patterns import SNAKE_CASE

CriterionName = Annotated[str, StringConstraints(pattern=SNAKE_CASE)]
CriterionText = Annotated[str, StringConstraints(min_length=1, max_length=1000)]

OWN_METRICS = ("rubric", "gates_passed", "grader_error", "score", "reasoning")
OWN_PREFIXES = ("judge_", "dimension_")
"""Metric names reserved for the grader."""


class RubricCriterion(RequestPart):
    """A yes/no question about the answer, with one anchor (example) for yes and one for no.

    If a `gate` is not met, the whole answer scores 0. Weights are relative within the criterion's dimension.
    """

    name: CriterionName
    question: CriterionText
    yes: CriterionText
    no: CriterionText
    weight: Number = Field(default=1, ge=0, le=1000)
    dimension: CriterionName | None = None
    gate: bool = False

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if not self.weight and not self.gate:
            raise ValueError("a criterion needs a weight, or must be a gate")
        return self


class RubricConfig(RequestPart):
    """The request's `grader.config` for the grader `rubric`, or a row's `reference_answer.rubric`.

    `dimensions` are weights that sum to 1, such as accuracy 0.7, format 0.2, safety 0.1; each criterion then belongs to
    one dimension. Without dimensions, criteria are weighted directly.
    """

    criteria: list[RubricCriterion] = Field(min_length=1, max_length=20)
    dimensions: dict[CriterionName, Annotated[Number, Field(gt=0, le=1)]] = Field(default_factory=dict, max_length=10)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [criterion.name for criterion in self.criteria]
        if len(set(names)) < len(names):
            raise ValueError("two criteria have the same name")
        if taken := [name for name in names if name in OWN_METRICS or name.startswith(OWN_PREFIXES)]:
            raise ValueError(f"criterion name {min(taken)} is reserved for the grader's metrics; choose another name")
        return self

    @model_validator(mode="after")
    def _dimensions_are_complete(self) -> Self:
        weighed = {criterion.dimension for criterion in self.criteria if criterion.weight}
        if not weighed:
            raise ValueError("no criterion has a weight")
        if self.dimensions and weighed != set(self.dimensions):
            raise ValueError(
                "each weighted criterion must name one of the dimensions, and each dimension needs a criterion"
            )
        if not self.dimensions and weighed != {None}:
            raise ValueError("a criterion names a dimension, but dimensions is not set")
        if self.dimensions and not math.isclose(math.fsum(self.dimensions.values()), 1, abs_tol=1e-9):
            raise ValueError("the weights in dimensions must add up to 1")
        return self
