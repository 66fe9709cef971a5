"""The rubric grader: judge models answer yes/no criteria about an answer."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from rft.contracts.grading import PROBE, GradeResult, Sample
from rft.contracts.http.validation_messages import validation_message
from rft.contracts.telemetry import JudgeUse
from rft.grading.batch import RESERVE_SECONDS, Deadline, OnJudgeError, grade_batch
from rft.grading.judge_client import JudgeClient, Question, RetryingJudge
from rft.grading.panel import Panel
from rft.grading.run_rubrics import RunRubrics
from rft.grading.telemetry import GraderTelemetry, OpenLog, no_log
from rft.grading.training_audit import TrainingAudit
from rft.rewards import judge_prompt
from rft.rewards.components import Component
from rft.rewards.reading.turns import answer_text
from rft.rewards.rubric import PARTS, Rubric, nothing_earned, read_rubric
from rft.rewards.samples import UngradableSample, row_fields, sample_run_id

MAX_ANSWER_CHARACTERS = 40_000
"""Longer answers score 0 and are not sent: some 10,000 tokens, more than a policy's default limit."""


def grade_rubric(
    event: object,
    *,
    judges: Sequence[JudgeClient],
    rubrics: RunRubrics,
    seconds_left: float,
    audit: TrainingAudit | None = None,
    rollout_log: OpenLog = no_log,
    parallelism: int = 16,
    on_judge_error: OnJudgeError = "zero",
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[GradeResult, ...]:
    """Grades a batch within `seconds_left`.

    A row's own rubric takes precedence over its run's; `audit` does not affect the score. Raises GraderConfigUnreadable
    if a run's rubric cannot be read, and as `grade_batch`.
    """
    deadline = Deadline(seconds_left - RESERVE_SECONDS, monotonic)
    run_ids = list(dict.fromkeys(_run_ids(event)))
    rubrics.load(run_ids)
    panel = Panel([RetryingJudge(known, deadline, sleep) for known in judges])
    known = [rubric for run_id in run_ids if (rubric := rubrics.get(run_id))]
    use = JudgeUse(models=panel.models, prompt=known[0].digest if known else "rubrics of the rows")

    def graded(sample: Sample) -> Iterator[Component]:
        rubric = _rubric(sample, rubrics)
        yield from _components(sample, rubric, panel)
        if audit:
            yield from audit.components(sample, partial(_components, sample, rubric), deadline)

    return grade_batch(
        event,
        grader=graded,
        deadline=deadline,
        parallelism=parallelism,
        on_judge_error=on_judge_error,
        telemetry=GraderTelemetry("rubric", rollout_log, use),
    )


def _run_ids(event: object) -> Iterator[str]:
    """Ids of runs whose rubric is needed: those of samples without one of their own."""
    for raw in event if isinstance(event, list) else ():
        run_id = sample_run_id(raw)
        if run_id and not _has_own(row_fields(raw).get("reference_answer")):
            yield run_id


def _has_own(reference: object) -> bool:
    if isinstance(reference, str) and '"rubric"' in reference:
        try:
            reference = json.loads(reference)
        except (ValueError, RecursionError):
            return False
    return isinstance(reference, dict) and reference.get("rubric") is not None


def _rubric(sample: Sample, rubrics: RunRubrics) -> Rubric:
    own = sample.reference.get("rubric") if isinstance(sample.reference, dict) else None
    if own is not None:
        return _read(own)
    rubric = rubrics.get(str(sample.fields.get("run_id")))
    if rubric is None:
        raise UngradableSample(
            "no rubric: the sample has no reference_answer.rubric, and no run_id of a run with grader.config"
        )
    return rubric


def _read(own: Mapping[str, Any]) -> Rubric:
    try:
        return read_rubric(json.dumps(own, sort_keys=True))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "".join(f".{part}" for part in first["loc"])
        raise UngradableSample(f"reference_answer.rubric{place}: {validation_message(first)}") from error


def _components(sample: Sample, rubric: Rubric, panel: Panel) -> Iterator[Component]:
    answer = answer_text(sample.answer).strip()
    to_judge = 0 < len(answer) <= MAX_ANSWER_CHARACTERS
    yield Component("judge_called", float(to_judge))
    if to_judge:
        yield from panel.components(_question(sample, answer, rubric), rubric.components)
    else:
        yield from nothing_earned(rubric)


def _question(sample: Sample, answer: str, rubric: Rubric) -> Question[dict[str, bool]]:
    prompt = "\n\n".join(f"{role}: {text}" for role, text in sample.prompt)
    shown = {name: text for name, text in zip(PARTS, (prompt, _reference(sample), answer), strict=True) if text}
    return Question(
        system=rubric.system,
        user=lambda feedback: judge_prompt.render(shown, code=secrets.token_hex(16), feedback=feedback),
        read=partial(judge_prompt.read_reply, names=rubric.names),
        schema=judge_prompt.schema(rubric.names),
        parts=shown,
        prompt=rubric.digest,
        fresh=sample.fields.get(PROBE) is True,
    )


def _reference(sample: Sample) -> str:
    if isinstance(sample.reference, dict):
        found = sample.reference.get("answer")
        return found if isinstance(found, str) else ""
    return sample.reference or ""
