"""Forecast cost of sampling a model. Pure."""

from __future__ import annotations

from rft.contracts.prices import PriceTable


def sampling_cost(
    prices: PriceTable, model_id: str, *, answers: int, prompt_tokens: float, output_tokens: float
) -> float | None:
    """US dollars for `answers` answers of this length; None if the model's price is unknown."""
    price = prices.judge(model_id)
    if price.input_per_million is None or price.output_per_million is None:
        return None
    return answers * (prompt_tokens * price.input_per_million + output_tokens * price.output_per_million) / 1_000_000
