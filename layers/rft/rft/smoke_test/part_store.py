"""Stores results of a smoke test, one part per function that sends probes; the last function loads all. Takes ports."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rft.contracts.probe_batches import AnswerScore, BatchScores, PartScores
from rft.errors import StalePlan
from rft.ports.storage import Clock, ObjectStore
from rft.smoke_test.plan import ProbeBatch, SmokeTestPlan
from rft.smoke_test.replies import Scored
from rft.smoke_test.results import BatchReply, SmokeTestResults

MAX_SENDS = 2
"""Sends per batch: a batch whose reply AWS lost is sent once more."""

SAVE_EVERY = timedelta(seconds=2)

MAX_PART_BYTES = 64 * 2**20


class PartLog:
    """The batches and replies of one function, written while it works, so that a retry sends no answered batch again.

    Batches are recorded before they are sent, a few at a time; replies are written every SAVE_EVERY and at the end. A
    batch sent MAX_SENDS times without a reply is not sent again.
    """

    def __init__(self, run_id: str, number: int, plan: SmokeTestPlan, clock: Clock, store: ObjectStore) -> None:
        """Raises StalePlan and the Retryable… errors."""
        self._uri, self._store, self._clock, self._lock = _uri(run_id, number, store), store, clock, threading.Lock()
        body = store.find_bytes(self._uri, most=MAX_PART_BYTES)
        part = PartScores(began=clock.now(), batches=()) if body is None else PartScores.model_validate_json(body)
        self.began, self._saved_at = part.began, clock.now()
        self._replies = _replies(part.batches, plan)
        self._sends = Counter(part.unanswered)
        self._noted: set[int] = set()
        self._started: set[int] = set()

    @property
    def replies(self) -> dict[int, BatchReply]:
        """The known replies, by batch number."""
        return dict(self._replies)

    @property
    def unanswered(self) -> dict[int, int]:
        """The number of sends of each batch whose reply is unknown."""
        return dict(+self._sends)

    def added_to(self, known: SmokeTestResults) -> SmokeTestResults:
        """The results of other functions plus this part's as of its opening."""
        unanswered = Counter(known.unanswered) + self._sends
        return replace(
            known,
            began=min(known.began, self.began),
            replies={**known.replies, **self._replies},
            unanswered=dict(unanswered),
        )

    def start(self, number: int, next_ones: Sequence[int]) -> bool:
        """Records the batch as sent, and the next ones as possibly sent; False after MAX_SENDS lost replies."""
        with self._lock:
            if number not in self._noted:
                new = [each for each in (number, *next_ones) if each not in self._noted]
                self._noted.update(new)
                self._sends.update(new)
                self._save()
            self._started.add(number)
            return self._sends[number] <= MAX_SENDS

    def not_run(self, number: int) -> None:
        """Records that the batch was not sent, or that AWS did not run the call: nothing was graded."""
        with self._lock:
            self._started.discard(number)

    def answered(self, number: int, reply: BatchReply) -> None:
        with self._lock:
            self._replies[number] = reply
            del self._sends[number]
            if self._clock.now() - self._saved_at >= SAVE_EVERY:
                self._save()

    def close(self) -> None:
        """Writes everything. Batches recorded but not started do not count as sent."""
        with self._lock:
            self._sends.subtract(self._noted - self._started - self._replies.keys())
            self._noted.clear()
            self._save()

    def _save(self) -> None:
        batches = tuple(_batch(at, reply) for at, reply in sorted(self._replies.items()))
        part = PartScores(began=self.began, batches=batches, unanswered=dict(sorted((+self._sends).items())))
        self._store.put_bytes(self._uri, part.model_dump_json().encode())
        self._saved_at = self._clock.now()


def load_parts(run_id: str, count: int, plan: SmokeTestPlan, now: datetime, store: ObjectStore) -> SmokeTestResults:
    """The results of parts 0 to `count` - 1; `now` is the start of a smoke test without parts.

    Raises StalePlan, DatasetNotFound (a part is missing) and the Retryable… errors.
    """
    parts = [PartScores.model_validate_json(store.get_bytes(_uri(run_id, n, store))) for n in range(count)]
    return SmokeTestResults(
        began=min((part.began for part in parts), default=now),
        replies=_replies([batch for part in parts for batch in part.batches], plan),
        unanswered=dict(sum((Counter(part.unanswered) for part in parts), Counter[int]())),
    )


def _replies(saved: Sequence[BatchScores], plan: SmokeTestPlan) -> dict[int, BatchReply]:
    batches = plan.select([batch.number for batch in saved])
    return {batch.number: _reply(batches[batch.number], batch) for batch in saved}


def _uri(run_id: str, number: int, store: ObjectStore) -> str:
    return store.uri(f"runs/{run_id}/smoke_test/part-{number:04d}.json")


def _batch(number: int, reply: BatchReply) -> BatchScores:
    return BatchScores(number=number, answers=tuple(map(_answer, reply.scores)), seconds=reply.seconds, sent=reply.sent)


def _answer(s: Scored) -> AnswerScore:
    return AnswerScore(
        id=s.probe.id, score=s.score, breach=s.breach, errored=s.errored, reason=s.reason, judge=dict(s.judge)
    )


def _reply(batch: ProbeBatch, saved: BatchScores) -> BatchReply:
    # By answer id, so that no score is ever assigned to another answer.
    if saved.answers and [answer.id for answer in saved.answers] != [probe.id for probe in batch.probes]:
        raise StalePlan(f"batch {saved.number} of the smoke test has different answers now; start the run again")
    scores = tuple(
        Scored(probe, a.score, a.breach, errored=a.errored, reason=a.reason, judge=a.judge, trial=batch.trial)
        for probe, a in zip(batch.probes, saved.answers, strict=False)
    )
    return BatchReply(scores, saved.seconds, sent=saved.sent)
