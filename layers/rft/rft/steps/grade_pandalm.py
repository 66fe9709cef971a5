"""The PandaLM judge: code checks verdict and form, an LLM the reasoning of right verdicts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence

from rft.contracts.grading import GradeResult, Sample
from rft.contracts.pandalm import PandaLMLabel
from rft.ports import Judge
from rft.rewards import rubric
from rft.rewards.components import Component
from rft.rewards.samples import UngradableSample
from rft.rewards.verdicts import Answer, read_answer, read_label
from rft.steps.grading import RESERVE_SECONDS, Deadline, OnJudgeError, grade_batch
from rft.steps.judging import PatientJudge

VERDICT_WEIGHT = 0.7
FORMAT_WEIGHT = 0.1
REASONING_WEIGHT = 0.2

MAX_REASONING_CHARACTERS = 4_000
"""One line was asked for. Longer ones earn nothing and are not sent: length must not buy the judge's goodwill."""


def grade_pandalm(
    event: object,
    *,
    judge: Judge,
    seconds_left: float,
    parallelism: int = 16,
    on_judge_error: OnJudgeError = "zero",
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[GradeResult, ...]:
    """Grade a batch with `seconds_left` until the caller is cut off. Raises as `grade_batch`."""
    deadline = Deadline(seconds_left - RESERVE_SECONDS)
    patient = PatientJudge(judge, deadline, sleep)
    return grade_batch(
        event,
        grader=lambda sample: _components(sample, patient),
        deadline=deadline,
        parallelism=parallelism,
        on_judge_error=on_judge_error,
    )


def _components(sample: Sample, judge: PatientJudge) -> Sequence[Component]:
    answer = read_answer(sample.answer)
    right = answer.verdict == _expected(sample)
    worth_judging = right and 0 < len(answer.reasoning) <= MAX_REASONING_CHARACTERS
    criteria = _judged(sample, answer, judge) if worth_judging else {}
    return (
        Component("verdict", float(right), VERDICT_WEIGHT),
        Component("format", float(answer.well_formed), FORMAT_WEIGHT),
        Component("reasoning", rubric.quality(criteria) if criteria else 0.0, REASONING_WEIGHT),
        Component("judge_called", float(worth_judging)),
        *(Component(name, float(holds)) for name, holds in criteria.items()),
    )


def _expected(sample: Sample) -> PandaLMLabel:
    reference = sample.reference
    label = read_label(str(reference.get("label"))) if isinstance(reference, dict) else read_label(reference or "")
    if label is None:
        raise UngradableSample("reference_answer: holds no label")
    return label


def _judged(sample: Sample, answer: Answer, judge: PatientJudge) -> dict[str, bool]:
    parts = {
        "comparison": _comparison(sample),
        "verdict": answer.verdict or "",
        "reasoning": answer.reasoning,
    }
    return judge.ask(
        system=rubric.SYSTEM,
        user=lambda complaint: rubric.render(parts, code=secrets.token_hex(16), complaint=complaint),
        read=rubric.read_reply,
    )


def _comparison(sample: Sample) -> str:
    """What the policy was asked; the reference's own copy where a payload leaves the prompt out."""
    asked = [text for role, text in sample.prompt if role == "user"]
    if asked:
        return asked[-1]
    return str(sample.reference.get("question", "")) if isinstance(sample.reference, dict) else ""
