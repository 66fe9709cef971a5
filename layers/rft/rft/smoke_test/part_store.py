"""Results of a smoke test, one part for each function that sends probes; the last one loads them all. Takes ports."""

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
"""Of one batch: what AWS lost, for a fault of its own, is sent once more."""

SAVE_EVERY = timedelta(seconds=2)

MAX_PART_BYTES = 64 * 2**20


class PartLog:
    """What one function sends and gets, written during the work: a retry of the function sends no answered batch.

    Batches are noted before they are sent, a few at a time; replies are written every SAVE_EVERY and at the end. One
    that was sent MAX_SENDS times without an answer is not sent again.
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
        """Those that are known, by their batches' numbers."""
        return dict(self._replies)

    @property
    def unanswered(self) -> dict[int, int]:
        """How often each batch was sent whose answer is unknown."""
        return dict(+self._sends)

    def added_to(self, known: SmokeTestResults) -> SmokeTestResults:
        """What other functions have, and what this part had when it was opened."""
        unanswered = Counter(known.unanswered) + self._sends
        return replace(
            known,
            began=min(known.began, self.began),
            replies={**known.replies, **self._replies},
            unanswered=dict(unanswered),
        )

    def start(self, number: int, next_ones: Sequence[int]) -> bool:
        """Note that it is sent, and the next ones that may be; False where its answer was lost too often."""
        with self._lock:
            if number not in self._noted:
                new = [each for each in (number, *next_ones) if each not in self._noted]
                self._noted.update(new)
                self._sends.update(new)
                self._save()
            self._started.add(number)
            return self._sends[number] <= MAX_SENDS

    def not_run(self, number: int) -> None:
        """It was not sent after all, or AWS did not run the call: nothing was graded."""
        with self._lock:
            self._started.discard(number)

    def answered(self, number: int, reply: BatchReply) -> None:
        with self._lock:
            self._replies[number] = reply
            del self._sends[number]
            if self._clock.now() - self._saved_at >= SAVE_EVERY:
                self._save()

    def close(self) -> None:
        """Write all; what was noted and not started does not count as sent."""
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
    """The results of parts 0 to `count` - 1; `now` is when a smoke test without parts begins.

    Raises StalePlan, DatasetNotFound (a part is gone) and the Retryable… errors.
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
    """Matched by the answers' ids, so that no score is ever taken for another answer's."""
    if saved.answers and [answer.id for answer in saved.answers] != [probe.id for probe in batch.probes]:
        raise StalePlan(f"batch {saved.number} of the smoke test has other answers now; start the run again")
    scores = tuple(
        Scored(probe, a.score, a.breach, errored=a.errored, reason=a.reason, judge=a.judge, trial=batch.trial)
        for probe, a in zip(batch.probes, saved.answers, strict=False)
    )
    return BatchReply(scores, saved.seconds, sent=saved.sent)
