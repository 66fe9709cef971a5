"""CloudWatch metrics of runs, derived from domain events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rft.contracts.outbound.domain_events import DomainEvent
from rft.runs.status import TERMINAL


@dataclass(frozen=True)
class Measurement:
    """`of` is the value of the dimension `status` or `stage`; run ids are never dimensions."""

    name: str
    value: float
    dimension: str = ""
    of: str = ""


def measurements(events: Iterable[DomainEvent]) -> list[Measurement]:
    """RunsEnded by status, StageSeconds by stage, JudgeCostEstimate in US dollars at the end, and BreakerTrips."""
    return [found for event in events for found in _of_event(event)]


def _of_event(event: DomainEvent) -> Iterator[Measurement]:
    change = event.change
    if change is not None and change.before is not None and change.seconds is not None:
        yield Measurement("StageSeconds", change.seconds, "stage", change.before)
    if change is not None and change.after in TERMINAL:
        yield Measurement("RunsEnded", 1.0, "status", change.after)
    if change is not None and change.judge_cost_usd is not None:
        yield Measurement("JudgeCostEstimate", change.judge_cost_usd)
    if event.breaker is not None and event.breaker.action == "stop":
        yield Measurement("BreakerTrips", 1.0)
