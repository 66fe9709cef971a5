"""Prices and the day of their validity. Unknown values are None, never zero."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from rft.contracts.base import Contract
from rft.contracts.http.patterns import DAY

Usd = Annotated[float, Field(ge=0)]


class TokenPrices(Contract):
    """US dollars for a million tokens."""

    input_per_million: Usd | None = None
    output_per_million: Usd | None = None


class Pace(Contract):
    """Rollouts that a job trains on per hour, from the slowest job to the fastest."""

    least: float = Field(gt=0)
    most: float = Field(gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Pace:
        if self.least > self.most:
            raise ValueError("least must not exceed most")
        return self


class PriceTable(Contract):
    """Prices in US dollars, all of one day and one Region. A whole table: what it leaves out is unknown."""

    schema_version: Literal[1] = 1
    as_of: Annotated[str, StringConstraints(pattern=DAY)] = Field(description="Date of the prices.")
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(description="Source of the prices.")
    training_hour: Usd | None = Field(default=None, description="An hour of reinforcement fine-tuning.")
    judges: dict[str, TokenPrices] = Field(default_factory=dict, description="By model id or inference profile.")
    lambda_million_requests: Usd | None = None
    lambda_gb_second: Usd | None = Field(default=None, description="The most expensive architecture that graders use.")
    rollouts_per_hour: Pace | None = Field(default=None, description="From jobs of your own; no one publishes it.")

    def judge(self, model_id: str) -> TokenPrices:
        """A model's prices: under its own id, or for an inference profile of the United States under the model's."""
        return self.judges.get(model_id) or self.judges.get(model_id.removeprefix("us.")) or TokenPrices()
