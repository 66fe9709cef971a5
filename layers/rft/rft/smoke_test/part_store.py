"""Results of a smoke test that several functions run: each saves its part, the last one loads them all. Takes ports."""

from __future__ import annotations

from datetime import datetime

from rft.contracts.probe_batches import AnswerScore, BatchScores, PartScores
from rft.errors import StalePlan
from rft.ports.storage import ObjectStore
from rft.smoke_test.plan import ProbeBatch, SmokeTestPlan
from rft.smoke_test.replies import Scored
from rft.smoke_test.results import BatchReply, SmokeTestResults


def save_part(run_id: str, number: int, results: SmokeTestResults, store: ObjectStore) -> None:
    """Write `runs/<run_id>/smoke_test/part-<number>.json`."""
    batches = tuple(_batch(at, reply) for at, reply in sorted(results.replies.items()))
    part = PartScores(began=results.began, batches=batches)
    store.put_bytes(_uri(run_id, number, store), part.model_dump_json().encode())


def load_parts(run_id: str, count: int, plan: SmokeTestPlan, now: datetime, store: ObjectStore) -> SmokeTestResults:
    """The results of parts 0 to `count` - 1; `now` is when a smoke test without parts begins.

    Raises StalePlan, DatasetNotFound (a part is gone) and the Retryable… errors.
    """
    parts = [PartScores.model_validate_json(store.get_bytes(_uri(run_id, n, store))) for n in range(count)]
    scores = {batch.number: batch for part in parts for batch in part.batches}
    batches = plan.select(tuple(scores))
    return SmokeTestResults(
        began=min((part.began for part in parts), default=now),
        replies={number: _reply(batches[number], batch) for number, batch in scores.items()},
    )


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
