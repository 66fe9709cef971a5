"""Prices and their date. Unknown values are None, never zero."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from rft.contracts.base import Contract
from rft.contracts.http.patterns import DAY

Usd = Annotated[float, Field(ge=0)]


class TokenPrices(Contract):
    """US dollars per million tokens."""

    input_per_million: Usd | None = None
    output_per_million: Usd | None = None


class Pace(Contract):
    """Rollouts that a job trains on per hour: the slowest and the fastest observed job."""

    least: float = Field(gt=0)
    most: float = Field(gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Pace:
        if self.least > self.most:
            raise ValueError("least must be at most most")
        return self


class PriceTable(Contract):
    """Prices in US dollars, all of one date and one Region. There are no defaults: a missing price is unknown."""

    schema_version: Literal[1] = 1
    as_of: Annotated[str, StringConstraints(pattern=DAY)] = Field(description="Date of the prices.")
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(description="Source of the prices.")
    training_hour: Usd | None = Field(default=None, description="Price of reinforcement fine-tuning per hour.")
    judges: dict[str, TokenPrices] = Field(
        default_factory=dict, description="Token prices by model id or inference profile."
    )
    lambda_million_requests: Usd | None = None
    lambda_gb_second: Usd | None = Field(
        default=None, description="Lambda price of the most expensive architecture that graders use."
    )
    rollouts_per_hour: Pace | None = Field(default=None, description="Measured on your own jobs; not published by AWS.")

    def judge(self, model_id: str) -> TokenPrices:
        """Returns a model's prices: by its own id, or by the model's id for a US inference profile."""
        return self.judges.get(model_id) or self.judges.get(model_id.removeprefix("us.")) or TokenPrices()
