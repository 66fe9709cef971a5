"""An experiment's use of its budget, and whether a limit is reached. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rft.contracts.experiments.record import Spending
from rft.contracts.experiments.request import Budget
from rft.contracts.ledger import RunRecord, RunStatus
from rft.forecast.remaining import judge_calls_made


def spent_by(record: RunRecord, now: datetime, training_hour_usd: float | None) -> Spending:
    """One run's spending; a running job's hours are extrapolated from the last poll.

    `usd`: training hours, and judge tokens at the forecast's prices; None if `training_hour_usd` is None.
    """
    hours = record.job.hours if record.job else 0.0
    if record.job is not None and record.status is RunStatus.TRAINING:
        hours += max(0.0, (now - record.updated_at).total_seconds() / 3600)
    usd = None if training_hour_usd is None else round(hours * training_hour_usd + _judge_usd(record), 4)
    return Spending(runs=1, training_hours=round(hours, 4), judge_calls=judge_calls_made(record), usd=usd)


def total_spending(shares: Sequence[Spending]) -> Spending:
    """The sum; `usd` is None if it is None for any run."""
    usd = [share.usd for share in shares]
    return Spending(
        runs=sum(share.runs for share in shares),
        training_hours=round(sum(share.training_hours for share in shares), 4),
        judge_calls=sum(share.judge_calls for share in shares),
        usd=None if None in usd else round(sum(each or 0.0 for each in usd), 4),
    )


def exhausted(budget: Budget, spent: Spending) -> str:
    """Describes the limit that is reached, '' if none is. `runs` limits starts only: see `allows_start`."""
    return "; ".join(_over(budget, spent))


def allows_start(budget: Budget, spent: Spending) -> str:
    """Why no further run may start; '' if one may."""
    runs = budget.runs is not None and spent.runs >= budget.runs
    return "; ".join([*([f"{spent.runs} of {budget.runs} runs were started"] if runs else []), *_over(budget, spent)])


def _over(budget: Budget, spent: Spending) -> Iterator[str]:
    limits = (
        ("training hours", budget.training_hours, spent.training_hours),
        ("judge calls", budget.judge_calls, spent.judge_calls),
        ("USD", budget.usd, spent.usd),
    )
    for unit, limit, used in limits:
        if limit is not None and used is not None and used >= limit:
            yield f"{used:,.10g} of {limit:,.10g} {unit} are spent"


def _judge_usd(record: RunRecord) -> float:
    """US dollars for the reported judge tokens."""
    price = record.forecast.judge_price if record.forecast else None
    judge = record.metrics.judge if record.metrics else None
    if price is None or judge is None:
        # Only the training price is required.
        return 0.0
    reading, writing = price.input_per_million or 0.0, price.output_per_million or 0.0
    return (judge.input_tokens * reading + judge.output_tokens * writing) / 1_000_000
