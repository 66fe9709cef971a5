"""Limits the judge calls of a smoke test to the request's `max_judge_calls`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rft.smoke_test.plan import ProbeBatch
from rft.smoke_test.replies import JUDGE_CALLS
from rft.smoke_test.results import SmokeTestResults


@dataclass(frozen=True)
class JudgeBudget:
    """`judged`: whether the grader is known to call a judge before its first reply. `batches`: the plan's."""

    limit: int | None = None
    judged: bool = False
    batches: Mapping[int, ProbeBatch] = field(default_factory=dict)

    def excess(self, results: SmokeTestResults, pending: Collection[ProbeBatch]) -> str:
        """Why these batches may not be sent; '' if they may.

        Each answer counts with the most calls that one has taken so far, a batch whose reply AWS lost as if judged. A
        grader that reports no calls has no limit here: the forecast refuses it.
        """
        counted = [scored.judge.get(JUDGE_CALLS, 0.0) for scored in results.scores if scored.judge]
        if self.limit is None or not (counted or (self.judged and not results.scores)):
            return ""
        lost = sum(len(self.batches[number].probes) * sends for number, sends in results.unanswered.items())
        answers = lost + sum(len(batch.probes) for batch in pending)
        made, most = round(sum(counted)), sum(counted) + answers * max(1.0, *counted, 1.0)
        if not pending or most <= self.limit:
            return ""
        return (
            f"max_judge_calls is {self.limit:,}: {made:,} calls were made, and the next probes may take up to "
            f"{most - made:,.0f}; raise it or lower smoke_test.sample_size"
        )


UNLIMITED = JudgeBudget()
