"""Result of a pilot, and the extrapolated forecast of the full run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, TextLines
from rft.contracts.forecast import Forecast, Range

PilotVerdict = Literal["worthwhile", "not_worthwhile", "inconclusive"]


class FullRunForecast(Contract):
    """Forecast of the full run with the same request; all values are estimates.

    `forecast` is computed before the pilot's job, the other fields from the job's pace. The pilot's hours include the
    job's start-up, so its pace is conservative.
    """

    forecast: Forecast
    rollouts_per_hour: float | None = Field(
        default=None, description="The pilot's pace; None before its job has ended."
    )
    training_hours: Range | None = Field(
        default=None, description="Training hours at that pace; None if the pilot has no pace."
    )
    cost_usd: Range | None = Field(default=None, description="Cost for these hours; None if a price is unknown.")


class PilotSummary(Contract):
    """A run's `pilot`. `verdict` is None until the run ends, and if it ended before its job started.

    `slope`: change of reward per training step, by weighted least squares over the steps; `interval`: its 95 % CI by
    Student's t, clustered by prompt.
    """

    verdict: PilotVerdict | None = None
    reasons: TextLines = ()
    steps: int = 0
    slope: float | None = None
    interval: Interval | None = None
    flat_share: float | None = Field(
        default=None,
        description="Share of flat groups (all scores equal: no GRPO signal) in the second half of the steps.",
    )
    full_run: FullRunForecast | None = None
