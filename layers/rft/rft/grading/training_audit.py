"""Lets the audit judge score some rollouts of training a second time. Takes ports: the judge.

The breaker compares the two scores: a policy that has learned to please the run's own judge gains with that one alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rft.contracts.grading import AUDIT_EVERY, PROBE, Sample
from rft.errors import JudgeError
from rft.grading.batch import Deadline
from rft.grading.judge_client import USED, JudgeClient, RetryingJudge
from rft.grading.panel import Panel
from rft.rewards.components import AUDIT_SCORE, Component, score_of


@dataclass(frozen=True)
class TrainingAudit:
    """The audit judge, and the `seconds` after which one call to it is given up."""

    judge: JudgeClient
    seconds: float

    def components(
        self, sample: Sample, grade: Callable[[Panel], Iterator[Component]], deadline: Deadline
    ) -> Iterator[Component]:
        """The score of `grade` by the audit judge, and what it took; nothing for most samples. None of it is rewarded.

        A call waits for its turn and then for its reply, each `seconds` at most: where less than both is left until
        the batch's `deadline`, there is no audit. A judge that fails costs its audit, never the sample's score.
        """
        if not audited(sample) or deadline.remaining() < 2 * self.seconds:
            return
        panel = Panel([RetryingJudge(self.judge, Deadline(self.seconds, deadline.monotonic))])
        parts: list[Component] = []
        try:
            parts.extend(grade(panel))  # those before a failure stay: what a failed call took is counted
            yield Component(AUDIT_SCORE, score_of(parts))
        except JudgeError:
            yield Component("audit_failed", 1.0)
        yield from _taken(parts)


def audited(sample: Sample) -> bool:
    """True for a fixed sixteenth of a run's training rollouts; a batch that is sent again has the same ones."""
    fields = sample.fields
    if fields.get(PROBE) is True or not fields.get("run_id") or fields.get("split") not in (None, "train"):
        return False
    digest = hashlib.blake2b(f"{sample.id}\n{sample.answer}".encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest) % AUDIT_EVERY == 0


def _taken(parts: list[Component]) -> Iterator[Component]:
    """Calls and tokens under names of their own: audit_calls, as judge_calls for the run's judge."""
    return (Component(f"audit_{part.name.removeprefix('judge_')}", part.value) for part in parts if part.name in USED)
