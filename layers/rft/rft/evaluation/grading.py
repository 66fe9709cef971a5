"""Grades a model's answers with the run's grader. Takes ports."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from rft.contracts.dataset import SplitName
from rft.contracts.grading import AUDIT
from rft.contracts.sampling import Answer, AnswerGrade, AnswerGrades
from rft.contracts.score_range import UNIT, ScoreBounds
from rft.errors import RetryableServiceError
from rft.evaluation.sampling import Prompt
from rft.ports.grading import GraderInvoker
from rft.smoke_test.probes import Probe
from rft.smoke_test.replies import JUDGE_CALLS, Scored, score
from rft.smoke_test.sampling import SampledRow

ROLLOUT = "rollout"
"""Probe kind of a model's answer. Marking it as a probe excludes it from the training metrics."""


def grade(
    arn: str,
    invoker: GraderInvoker,
    prompts: Sequence[Prompt],
    answers: Sequence[Answer],
    *,
    split: SplitName,
    bounds: ScoreBounds = UNIT,
    audit_judge: str = "",
) -> AnswerGrades:
    """Grades answers with one invocation; scores are mapped from `bounds` to 0..1, in order.

    Failed answers, and answers to swapped responses, are not sent and have no score. A call that fails as a whole must
    be retried. `audit_judge`: model that judges instead. Raises RetryableThrottling, RetryableServiceError.
    """
    given = [at for at, answer in enumerate(answers) if not answer.error and not answer.mirrored]
    batch = [_probe(prompts[at], answers[at], split) for at in given]
    scored = dict(zip(given, _scored(arn, invoker, batch, bounds, audit_judge=audit_judge), strict=True))
    grades = [
        _grade(scored[at]) if at in scored else AnswerGrade(score=None, error=_missing(answer))
        for at, answer in enumerate(answers)
    ]
    calls = sum(each.judge.get(JUDGE_CALLS, 0) for each in scored.values())
    return AnswerGrades(grader=arn, grades=tuple(grades), judge_calls=int(calls))


def _scored(
    arn: str, invoker: GraderInvoker, batch: Sequence[Probe], bounds: ScoreBounds, *, audit_judge: str
) -> list[Scored]:
    if not batch:
        return []
    marks = {AUDIT: audit_judge} if audit_judge else {}
    reply = invoker.invoke(arn, [{**probe.event(), **marks} for probe in batch])
    if reply.error is not None:
        raise RetryableServiceError(f"the grader returned no scores: {reply.failure}")
    return score(batch, reply.payload, None, ROLLOUT, bounds)


def _missing(answer: Answer) -> str:
    return f"no answer: {answer.error}" if answer.error else ""


def _grade(scored: Scored) -> AnswerGrade:
    return AnswerGrade(score=scored.score, error=scored.error or "")


def _probe(prompt: Prompt, answer: Answer, split: SplitName) -> Probe:
    key = f"{answer.row_id}:{answer.row}:{answer.sample}:{answer.mirrored}".encode()
    source = SampledRow(split=split, position=prompt.row, row=prompt.source, size=0)
    return Probe(id=hashlib.sha256(key).hexdigest()[:16], kind=ROLLOUT, answer=answer.text, source=source)
