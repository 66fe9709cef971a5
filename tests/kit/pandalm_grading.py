"""Samples and scores for tests of the PandaLM grader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rft.contracts.grading import GradeResult
from rft.grading.judge_client import JudgeClient
from rft.rewards.pandalm_rubric import CRITERIA
from rft.steps.graders.grade_pandalm import grade_pandalm
from tests.kit.fakes.judge import ScriptedJudge, Step

NAMES = [criterion.name for criterion in CRITERIA]


REASON = "Response 1 answers the question, Response 2 repeats it."


RIGHT = f"JUDGMENT: Response 1\nREASONING: {REASON}"


WRONG = f"JUDGMENT: Response 2\nREASONING: {REASON}"


def sample(answer: str, identity: str = "a", **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Compare."}, {"role": "assistant", "content": answer}]
    reference = {"label": "Response 1", "question": "Q", "ground_truth": "JUDGMENT: Response 1"}
    return {"id": identity, "messages": messages, "reference_answer": reference, **more}


def grade(event: object, judge: ScriptedJudge | None = None, **settings: Any) -> Sequence[GradeResult]:
    settings = {"seconds_left": 60, "sleep": lambda _: None, **settings}
    return grade_pandalm(event, judges=[JudgeClient(judge or ScriptedJudge())], **settings)


def one(answer: str, *script: Step) -> tuple[GradeResult, ScriptedJudge]:
    judge = ScriptedJudge(script)
    [result] = grade([sample(answer)], judge)
    return result, judge


def values(result: GradeResult) -> dict[str, float]:
    return {metric.name: metric.value for metric in result.metrics_list}
