"""A run's cost so far, estimated from measured use and the forecast's prices. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rft.contracts.forecast import Forecast, Range
from rft.contracts.ledger import RunRecord


@dataclass(frozen=True)
class CostSoFar:
    """US dollars by component; None if a price or a quantity is unknown. Excludes calibration and evaluation."""

    parts: dict[str, float | None]

    @property
    def known_usd(self) -> float:
        return round(sum(usd for usd in self.parts.values() if usd is not None), 2)

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(name for name, usd in self.parts.items() if usd is None)


def cost_so_far(record: RunRecord) -> CostSoFar:
    """Training by job hours; judges by their tokens in smoke test and training."""
    return CostSoFar(dict(_parts(record)))


def _parts(record: RunRecord) -> Iterator[tuple[str, float | None]]:
    forecast = record.forecast
    if record.job is not None:
        hour = _training_hour(forecast)
        yield "training", None if hour is None else hour * record.job.hours
    if forecast is not None and forecast.judge_calls_in_all != Range(low=0, high=0):
        yield "judge", _judge(record, forecast)


def _training_hour(forecast: Forecast | None) -> float | None:
    """Price per training hour: the forecast's upper cost divided by its upper hours."""
    line = next((line for line in forecast.cost if line.name == "training"), None) if forecast else None
    if forecast is None or line is None or line.usd is None or not line.usd.high or not forecast.training_hours.high:
        return None
    return line.usd.high / forecast.training_hours.high


def _judge(record: RunRecord, forecast: Forecast) -> float | None:
    price, use = forecast.judge_price, forecast.smoke_test
    if price is None or price.input_per_million is None or price.output_per_million is None:
        return None
    if use.judge_input_tokens is None or use.judge_output_tokens is None:
        return None
    training = record.metrics.judge if record.metrics else None
    read = use.judge_input_tokens + (training.input_tokens if training else 0)
    written = use.judge_output_tokens + (training.output_tokens if training else 0)
    return (read * price.input_per_million + written * price.output_per_million) / 1_000_000
