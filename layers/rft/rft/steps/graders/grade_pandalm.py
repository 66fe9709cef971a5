"""The PandaLM grader: code checks verdict and format; an LLM judges the reasoning of right verdicts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from rft.contracts.grading import PROBE, GradeResult, Sample
from rft.contracts.telemetry import JudgeUse
from rft.grading.batch import RESERVE_SECONDS, Deadline, OnJudgeError, grade_batch
from rft.grading.judge_client import JudgeClient, Question, RetryingJudge
from rft.grading.panel import Panel
from rft.grading.telemetry import GraderTelemetry, OpenLog, no_log
from rft.grading.training_audit import TrainingAudit
from rft.rewards import judge_prompt, pandalm_rubric
from rft.rewards.components import Component
from rft.rewards.verdicts import Judgment, expected_label, read_judgment

VERDICT_WEIGHT = 0.7
FORMAT_WEIGHT = 0.1
REASONING_WEIGHT = 0.2

MAX_REASONING_CHARACTERS = 4_000
"""The task requires one line. Longer answers score 0 and are not sent, so length cannot influence the judge."""


def grade_pandalm(
    event: object,
    *,
    judges: Sequence[JudgeClient],
    seconds_left: float,
    audit: TrainingAudit | None = None,
    rollout_log: OpenLog = no_log,
    parallelism: int = 16,
    on_judge_error: OnJudgeError = "zero",
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[GradeResult, ...]:
    """Grades a batch within `seconds_left`. Several judges vote; `audit` does not affect the score.

    Raises as `grade_batch`.
    """
    deadline = Deadline(seconds_left - RESERVE_SECONDS, monotonic)
    panel = Panel([RetryingJudge(known, deadline, sleep) for known in judges])

    def graded(sample: Sample) -> Iterator[Component]:
        yield from _components(sample, panel)
        if audit:
            yield from audit.components(sample, partial(_components, sample), deadline)

    return grade_batch(
        event,
        grader=graded,
        deadline=deadline,
        parallelism=parallelism,
        on_judge_error=on_judge_error,
        telemetry=GraderTelemetry("pandalm", rollout_log, JudgeUse(models=panel.models, prompt=pandalm_rubric.DIGEST)),
    )


def _components(sample: Sample, panel: Panel) -> Iterator[Component]:
    answer = read_judgment(sample.answer)
    right = answer.verdict == expected_label(sample.reference)
    to_judge = right and 0 < len(answer.reasoning) <= MAX_REASONING_CHARACTERS
    yield Component("verdict", float(right), VERDICT_WEIGHT)
    yield Component("format", float(answer.well_formed), FORMAT_WEIGHT)
    yield Component("judge_called", float(to_judge))
    if to_judge:
        yield from panel.components(_question(sample, answer), _judged)
    else:
        yield Component("reasoning", 0.0, REASONING_WEIGHT)


def _judged(criteria: Mapping[str, bool]) -> Iterator[Component]:
    yield Component("reasoning", pandalm_rubric.quality(criteria), REASONING_WEIGHT)
    yield from (Component(name, float(holds)) for name, holds in criteria.items())


def _question(sample: Sample, answer: Judgment) -> Question[dict[str, bool]]:
    shown = (_comparison(sample), answer.verdict or "", answer.reasoning)
    parts = dict(zip(pandalm_rubric.PARTS, shown, strict=True))
    return Question(
        system=pandalm_rubric.SYSTEM,
        user=lambda feedback: judge_prompt.render(parts, code=secrets.token_hex(16), feedback=feedback),
        read=partial(judge_prompt.read_reply, names=pandalm_rubric.NAMES),
        schema=pandalm_rubric.SCHEMA,
        parts=parts,
        prompt=pandalm_rubric.DIGEST,
        fresh=sample.fields.get(PROBE) is True,
    )


def _comparison(sample: Sample) -> str:
    """The policy's prompt, or the reference's copy if the payload has none."""
    user_turns = [text for role, text in sample.prompt if role == "user"]
    if user_turns:
        return user_turns[-1]
    return str(sample.reference.get("question", "")) if isinstance(sample.reference, dict) else ""
