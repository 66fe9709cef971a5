"""A pilot's result, and the forecast of the full run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, TextLines
from rft.contracts.forecast import Forecast, Range

PilotVerdict = Literal["worthwhile", "not_worthwhile", "inconclusive"]


class FullRunForecast(Contract):
    """The full run, by the same request. `forecast` is made before the pilot's job; the rest by that job's pace.

    Estimates. The pilot's hours include the start of its job, so its pace is a slow one.
    """

    forecast: Forecast
    rollouts_per_hour: float | None = Field(default=None, description="The pilot's own; None before its job has ended.")
    training_hours: Range | None = Field(default=None, description="At that pace; None where the pilot has none.")
    cost_usd: Range | None = Field(default=None, description="With these hours; None where a price is unknown.")


class PilotSummary(Contract):
    """A run's `pilot`. `verdict` is None until the run has ended, and where it ended before its job began.

    `slope`: reward per training step, by weighted least squares over the steps; `interval` is its 95 % interval, by
    Student's t, with a prompt's rollouts counted as one draw.
    """

    verdict: PilotVerdict | None = None
    reasons: TextLines = ()
    steps: int = 0
    slope: float | None = None
    interval: Interval | None = None
    flat_share: float | None = Field(
        default=None, description="Groups of the later half of the steps whose scores are all equal: no GRPO signal."
    )
    full_run: FullRunForecast | None = None
