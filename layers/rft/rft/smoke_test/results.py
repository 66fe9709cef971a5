"""What a smoke test brought in, batch by batch. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rft.smoke_test.plan import LOAD, SmokeTestPlan
from rft.smoke_test.replies import Scored


@dataclass(frozen=True)
class BatchReply:
    """What came of one call. No scores: AWS refused it under load. `seconds` is None where it was not answered."""

    scores: tuple[Scored, ...]
    seconds: float | None
    sent: bool = True


@dataclass(frozen=True)
class SmokeTestResults:
    """Replies by batch number, of all senders.

    `began`: when the first was sent. `pending`: batches not sent in time. `stop_reason`: why the rest of
    the plan was not sent, where the grader gave a reason. `unanswered`: how often each batch was sent whose
    answer AWS lost. `over_budget`: why `max_judge_calls` did not allow the whole plan; '' where it did.
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
        """Calls of the grader that were made."""
        return sum(reply.sent for reply in self.replies.values())

    def load(self, plan: SmokeTestPlan) -> tuple[float | None, ...]:
        """Seconds of each batch of the load trial, None for one that was refused."""
        sent = sorted(self.replies.items())
        return tuple(reply.seconds for number, reply in sent if plan.batches[number].trial == LOAD)

    def seconds(self, plan: SmokeTestPlan, trial: str) -> dict[str, float]:
        """Of each batch of one answer in this trial that was sent, by the answer's id."""
        sent = ((plan.batches[number], reply) for number, reply in sorted(self.replies.items()))
        return {
            batch.probes[0].id: reply.seconds
            for batch, reply in sent
            if batch.trial == trial and reply.sent and reply.seconds is not None
        }
