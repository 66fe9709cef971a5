"""Default prices, used if the stack sets no price table. Pure."""

from __future__ import annotations

from rft.contracts.prices import PriceTable, TokenPrices

LIST_PRICES = PriceTable(
    as_of="2026-05",
    source=(
        "AWS list prices on demand in us-east-1, without discounts or free tiers, as public price guides of 2026 give "
        "them; the hour of reinforcement fine-tuning is not among them"
    ),
    training_hour=None,
    judges={
        "amazon.nova-micro-v1:0": TokenPrices(input_per_million=0.035, output_per_million=0.14),
        "amazon.nova-lite-v1:0": TokenPrices(input_per_million=0.06, output_per_million=0.24),
        "amazon.nova-2-lite-v1:0": TokenPrices(input_per_million=0.3, output_per_million=2.5),
        "amazon.nova-pro-v1:0": TokenPrices(input_per_million=0.8, output_per_million=3.2),
    },
    lambda_million_requests=0.2,
    lambda_gb_second=0.0000166667,
    rollouts_per_hour=None,
)
"""Listed in docs/forecast.md as a template. Unknown: the training hour, other judges, the pace of training."""
