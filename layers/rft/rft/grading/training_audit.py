"""Scores a sample of training rollouts again with the audit judge. Takes ports: the judge.

The breaker compares both scores: a policy that exploits the run's own judge gains with that judge only.
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
    """The audit judge, and the timeout of one call to it in `seconds`."""

    judge: JudgeClient
    seconds: float

    def components(
        self, sample: Sample, grade: Callable[[Panel], Iterator[Component]], deadline: Deadline
    ) -> Iterator[Component]:
        """The audit score of `grade` and its cost as components without weight; empty for most samples.

        A call waits for a slot and then for its reply, up to `seconds` each: if less than both remains until the
        batch's `deadline`, the audit is skipped. A failed audit never fails the sample's score.
        """
        if not audited(sample) or deadline.remaining() < 2 * self.seconds:
            return
        panel = Panel([RetryingJudge(self.judge, Deadline(self.seconds, deadline.monotonic))])
        parts: list[Component] = []
        try:
            parts.extend(grade(panel))  # one by one, so that the cost of a failed call is reported
            yield Component(AUDIT_SCORE, score_of(parts))
        except JudgeError:
            yield Component("audit_failed", 1.0)
        yield from _taken(parts)


def audited(sample: Sample) -> bool:
    """True for a fixed sixteenth of a run's training rollouts."""
    fields = sample.fields
    if fields.get(PROBE) is True or not fields.get("run_id") or fields.get("split") not in (None, "train"):
        return False
    # By a digest: a batch that is sent again selects the same ones.
    digest = hashlib.blake2b(f"{sample.id}\n{sample.answer}".encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest) % AUDIT_EVERY == 0


def _taken(parts: list[Component]) -> Iterator[Component]:
    """Renames the judge's counters: judge_calls becomes audit_calls."""
    return (Component(f"audit_{part.name.removeprefix('judge_')}", part.value) for part in parts if part.name in USED)
