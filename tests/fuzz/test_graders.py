"""Whatever a grader gets, it answers each sample in order, or refuses an event that is no batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.grading import GradeResult
from rft.errors import InvalidGraderEvent
from rft.grading.judge_client import JudgeClient
from rft.grading.run_rubrics import RunRubrics
from rft.steps.graders.grade_composite import grade_composite
from rft.steps.graders.grade_extract import grade_extract
from rft.steps.graders.grade_finqa import grade_finqa
from rft.steps.graders.grade_format import grade_format
from rft.steps.graders.grade_gsm8k import grade_gsm8k
from rft.steps.graders.grade_pandalm import grade_pandalm
from rft.steps.graders.grade_rubric import grade_rubric
from tests.kit.fakes.judge import ScriptedJudge
from tests.kit.fakes.store import MemoryStore
from tests.kit.hostile_samples import sample
from tests.kit.hostile_values import changed, texts, values
from tests.kit.requests import FULL_REQUEST

JUDGES = [JudgeClient(ScriptedJudge())]
RUBRIC_JUDGES = [JudgeClient(ScriptedJudge(otherwise=json.dumps({"polite": True, "next_step": True})))]
GRADERS: dict[str, Callable[..., Sequence[GradeResult]]] = {
    "composite": partial(grade_composite, default={}),
    "extract": grade_extract,
    "finqa": grade_finqa,
    "format": grade_format,
    "gsm8k": grade_gsm8k,
    "pandalm": partial(grade_pandalm, judges=JUDGES, sleep=lambda _: None),
    "rubric": partial(grade_rubric, judges=RUBRIC_JUDGES, rubrics=RunRubrics(MemoryStore), sleep=lambda _: None),
}
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string", "pattern": "^x+$"}, "b": {"items": {"enum": [1, "2"]}}},
    "required": ["a"],
    "allOf": [{"$ref": "#/$defs/d"}],
    "$defs": {"d": {"minProperties": 1}},
}
REFERENCE: dict[str, Any] = {
    "answer": "12.5",
    "composite": {"weights": {"format": 0.5, "safety": 0.5}, "gates": {"safety": {"minimum": 1, "cap": 0.1}}},
    "format": {
        "json_schema": SCHEMA,
        "sections": ["Answer"],
        "min_words": 1,
        "max_characters": 500,
        "forbidden": ["y{2,5}"],
    },
    "safety": {"forbidden": ["(?i)secret"]},
    "rubric": FULL_REQUEST["grader"]["config"],
    "extract": {"value": {"a": "x", "b": [1, "2"]}, "fields": {"b[]": {"tolerance": 0.5}}, "json_schema": SCHEMA},
}
ANSWERS = ['{"a": "xx", "b": [1]}', "#### 12.5", "Answer: 1e400", "[" * 500, "yes\n\nno", '{"a": 1, "a": 2}']
samples = st.builds(
    sample, st.just("s"), changed(REFERENCE) | values | st.just(REFERENCE), st.sampled_from(ANSWERS) | texts
)


def check_answer(grader: str, event: Any) -> None:
    """`event` as it comes from JSON."""
    try:
        results = GRADERS[grader](json.loads(json.dumps(event)), seconds_left=30)
    except InvalidGraderEvent:
        assert not isinstance(event, list)
        return
    assert len(results) == len(event)
    for result in results:
        dumped = result.model_dump(mode="json")
        json.dumps(dumped, allow_nan=False).encode()
        assert 0 <= dumped["aggregate_reward_score"] <= 1
        assert result.errored == bool(result.error)


@pytest.mark.parametrize("grader", GRADERS)
def test_the_unmodified_samples_are_graded(grader: str) -> None:
    reference = {"gsm8k": "12.5", "finqa": "12.5", "pandalm": {"label": "1"}}.get(grader, REFERENCE)
    (result,) = GRADERS[grader]([sample("s", reference, "#### 12.5")], seconds_left=30)  # type: ignore[arg-type]
    assert result.error is None


@given(grader=st.sampled_from(list(GRADERS)), batch=st.lists(samples, min_size=1, max_size=3))
def test_any_reference_and_answer(grader: str, batch: list[Any]) -> None:
    check_answer(grader, batch)


@given(
    grader=st.sampled_from(list(GRADERS)),
    event=values | st.lists(changed(sample("s", REFERENCE, "x")) | values, max_size=4),
)
def test_any_event(grader: str, event: Any) -> None:
    check_answer(grader, event)
