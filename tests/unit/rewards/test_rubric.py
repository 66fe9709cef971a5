from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rft.contracts.graders.rubric import RubricConfig
from rft.rewards.components import score_of
from rft.rewards.rubric import Rubric, nothing_earned, read_rubric


def criterion(name: str, **rules: Any) -> dict[str, Any]:
    return {"name": name, "question": f"Is it {name}?", "yes": "it is", "no": "it is not", **rules}


DIMENSIONS = {
    "criteria": [
        criterion("true", dimension="accuracy", weight=3),
        criterion("complete", dimension="accuracy"),
        criterion("short", dimension="format"),
        criterion("harmless", dimension="safety", gate=True),
    ],
    "dimensions": {"accuracy": 0.7, "format": 0.2, "safety": 0.1},
}


def score(config: dict[str, Any], **answers: bool) -> float:
    rubric = read_rubric(json.dumps(config))
    return score_of(list(rubric.components({name: answers.get(name, True) for name in rubric.names})))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, 1),
        ({"complete": False}, 0.825),
        ({"true": False}, 0.475),
        ({"short": False}, 0.8),
        ({"harmless": False}, 0),
    ],
)
def test_the_score_weighs_dimensions_and_a_gate_caps_it(answers: dict[str, bool], expected: float) -> None:
    assert score(DIMENSIONS, **answers) == pytest.approx(expected)


def test_without_dimensions_criteria_are_weighted_and_gates_need_no_weight() -> None:
    config = {"criteria": [criterion("a", weight=3), criterion("b"), criterion("c", weight=0, gate=True)]}
    assert [score(config), score(config, b=False), score(config, c=False)] == [1, 0.75, 0]


def test_parts_show_dimensions_criteria_and_gates() -> None:
    rubric = read_rubric(json.dumps(DIMENSIONS))
    shown = {part.name: part.value for part in nothing_earned(rubric)}
    names = {"dimension_accuracy", "dimension_format", "dimension_safety", "gates_passed", *rubric.names}
    assert shown == dict.fromkeys({"rubric", *names}, 0)


def test_the_prompt_has_each_question_its_anchors_and_its_own_digest() -> None:
    one, other = (read_rubric(json.dumps({"criteria": [criterion(name)]})) for name in ("kind", "clear"))
    assert "kind: Is it kind?\n  true: it is\n  false: it is not" in one.system
    assert '{"kind": true or false}' in one.system
    assert one.digest != other.digest
    assert one.digest == Rubric(one.config).digest


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"criteria": []}, "at least 1 item"),
        ({"criteria": [criterion("a"), criterion("a")]}, "same name"),
        ({"criteria": [criterion("judge_calls")]}, "criterion name judge_calls is reserved"),
        ({"criteria": [criterion("rubric")]}, "criterion name rubric is reserved"),
        ({"criteria": [criterion("gates_passed")]}, "criterion name gates_passed is reserved"),
        ({"criteria": [criterion("dimension_tone")]}, "criterion name dimension_tone is reserved"),
        ({"criteria": [criterion("grader_error")]}, "criterion name grader_error is reserved"),
        ({"criteria": [criterion("a", weight=0)]}, "needs a weight, or must be a gate"),
        ({"criteria": [criterion("a", weight=0, gate=True)]}, "no criterion has a weight"),
        ({"criteria": [criterion("a", dimension="x")]}, "names a dimension"),
        ({"criteria": [criterion("a")], "dimensions": {"x": 1}}, "must name one of the dimensions"),
        ({"criteria": [criterion("a", dimension="x")], "dimensions": {"x": 0.9}}, "must add up to 1"),
        ({"criteria": [criterion("A b")]}, "name"),
        ({"criteria": [{"name": "a"}]}, "question"),
    ],
)
def test_an_unusable_rubric_is_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        RubricConfig.model_validate({**DIMENSIONS, "dimensions": {}, **changes})


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0.1, 9), st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_an_additional_met_criterion_never_lowers_the_score(parts: list[tuple[float, bool, bool]]) -> None:
    config = {"criteria": [criterion(f"c{n}", weight=w, gate=gate) for n, (w, gate, _) in enumerate(parts)]}
    answers = {f"c{n}": holds for n, (_, _, holds) in enumerate(parts)}
    before = score(config, **answers)
    assert 0 <= before <= 1
    assert all(score(config, **{**answers, name: True}) >= before for name in answers)
