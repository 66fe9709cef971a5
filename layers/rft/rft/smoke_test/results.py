"""Results of a smoke test, batch by batch. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rft.smoke_test.plan import LOAD, SmokeTestPlan
from rft.smoke_test.replies import Scored


@dataclass(frozen=True)
class BatchReply:
    """The result of one call. Without scores, AWS refused it under load. `seconds` is None if there was no reply."""

    scores: tuple[Scored, ...]
    seconds: float | None
    sent: bool = True


@dataclass(frozen=True)
class SmokeTestResults:
    """Replies of all functions, by batch number.

    `began`: when the first batch was sent. `pending`: batches not sent in time. `stop_reason`: the fault of the grader
    for which the rest of the plan was not sent. `unanswered`: the number of sends of each batch whose reply AWS lost.
    `over_budget`: why `max_judge_calls` did not allow the whole plan; '' if it did.
    """

    began: datetime
    replies: Mapping[int, BatchReply]
    pending: tuple[int, ...] = ()
    stop_reason: str | None = None
    unanswered: Mapping[int, int] = field(default_factory=dict)
    over_budget: str = ""

    @property
    def scores(self) -> tuple[Scored, ...]:
        """In the plan's order."""
        return tuple(s for _, reply in sorted(self.replies.items()) for s in reply.scores)

    @property
    def invocations(self) -> int:
        return sum(reply.sent for reply in self.replies.values())

    def load(self, plan: SmokeTestPlan) -> tuple[float | None, ...]:
        """Seconds of each batch of the load trial; None for a refused one."""
        sent = sorted(self.replies.items())
        return tuple(reply.seconds for number, reply in sent if plan.batches[number].trial == LOAD)

    def seconds(self, plan: SmokeTestPlan, trial: str) -> dict[str, float]:
        """Seconds of each single-answer batch of this trial that was sent, by answer id."""
        sent = ((plan.batches[number], reply) for number, reply in sorted(self.replies.items()))
        return {
            batch.probes[0].id: reply.seconds
            for batch, reply in sent
            if batch.trial == trial and reply.sent and reply.seconds is not None
        }
