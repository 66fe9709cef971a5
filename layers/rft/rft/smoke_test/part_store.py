"""What was asked of a grader by several functions: each keeps its part, and the last puts them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rft.contracts.probe_batches import AnswerScore, AskedBatch, AskedBatches
from rft.errors import StalePlan
from rft.ports import ObjectStore
from rft.smoke_test.plan import Ask
from rft.smoke_test.plan_loader import Questions
from rft.smoke_test.replies import Scored
from rft.smoke_test.runner import Reply


@dataclass(frozen=True)
class Asked:
    """The parts of a run put together. `began`: when the first of them did."""

    replies: Mapping[int, Reply]
    began: datetime


def keep_part(run_id: str, number: int, asked: Asked, store: ObjectStore) -> None:
    """Write `runs/<run_id>/smoke_test/part-<number>.json`."""
    batches = tuple(_batch(at, reply) for at, reply in sorted(asked.replies.items()))
    kept = AskedBatches(began=asked.began, batches=batches)
    store.put_bytes(_uri(run_id, number, store), kept.model_dump_json().encode())


def asked_before(run_id: str, parts: int, questions: Questions, now: datetime, store: ObjectStore) -> Asked:
    """What the first so many parts brought in; `now` is when asking began where there are none.

    Raises StalePlan, DatasetNotFound (a part is gone) and the Retryable… errors.
    """
    kept = [AskedBatches.model_validate_json(store.get_bytes(_uri(run_id, n, store))) for n in range(parts)]
    batches = {batch.number: batch for part in kept for batch in part.batches}
    asks = questions.asks(list(batches))
    return Asked(
        replies={number: _reply(batch, asks[number]) for number, batch in batches.items()},
        began=min((part.began for part in kept), default=now),
    )


def _uri(run_id: str, number: int, store: ObjectStore) -> str:
    return store.uri(f"runs/{run_id}/smoke_test/part-{number:04d}.json")


def _batch(number: int, reply: Reply) -> AskedBatch:
    answers = tuple(
        AnswerScore(id=s.probe.id, score=s.score, breach=s.breach, errored=s.errored, judge=dict(s.judge))
        for s in reply.scores
    )
    return AskedBatch(number=number, answers=answers, seconds=reply.seconds, sent=reply.sent)


def _reply(batch: AskedBatch, ask: Ask) -> Reply:
    """Held to the answers' ids, so that no score is ever taken for another answer's."""
    if batch.answers and [answer.id for answer in batch.answers] != [probe.id for probe in ask.batch]:
        raise StalePlan(f"batch {batch.number} of the smoke test holds other answers now; start the run again")
    scores = tuple(
        Scored(probe, a.score, a.breach, errored=a.errored, judge=a.judge, trial=ask.trial)
        for probe, a in zip(ask.batch, batch.answers, strict=False)
    )
    return Reply(scores, batch.seconds, sent=batch.sent)
