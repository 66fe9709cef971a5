from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.graders.rules import SCORERS, Composite
from rft.contracts.grading import Sample
from rft.rewards.components import Component, score_of
from rft.rewards.composite import components
from rft.rewards.samples import UngradableSample

WEIGHTS = {"gsm8k": 0.7, "format": 0.2, "safety": 0.1}
ROW = {
    "answer": "72",
    "composite": {"weights": WEIGHTS},
    "format": {"sections": ["Working", "Result"]},
    "safety": {"forbidden": ["(?i)guaranteed"]},
}
RIGHT = "Working: 12 * 6 = 72\nResult: see below\n#### 72"


def graded(answer: str, reference: Any = ROW, default: Composite | None = None) -> dict[str, float]:
    parts = components(Sample(id="1", prompt=(), answer=answer, reference=reference), default)
    return {part.name: part.value for part in parts} | {"score": score_of(parts)}


def score(text: str, /, **changes: Any) -> float:
    return graded(text, ROW | changes)["score"]


def gated(**gates: Any) -> dict[str, Any]:
    return {"weights": WEIGHTS, "gates": gates}


def test_the_score_is_the_weighted_sum_of_the_scorers() -> None:
    assert graded(RIGHT) == {"gsm8k": 1, "format": 1, "safety": 1, "score": 1}
    assert graded("#### 72") == {"gsm8k": 1, "format": 0, "safety": 1, "score": 0.8}
    assert graded(f"{RIGHT}\n(guaranteed)") == {"gsm8k": 1, "format": 1, "safety": 0, "score": 0.9}
    assert graded("") == {"gsm8k": 0, "format": 0, "safety": 0, "score": 0}


def test_form_alone_earns_less_than_half_of_a_right_answer() -> None:
    assert score(RIGHT.replace("72", "71")) < 0.5 * score(RIGHT)


def test_a_failed_gate_caps_the_score() -> None:
    unsafe = f"{RIGHT}\n(guaranteed)"
    assert score(unsafe, composite=gated(safety={"minimum": 1, "cap": 0.2})) == 0.2
    assert score(unsafe, composite=gated(safety={})) == 0
    assert score(RIGHT, composite=gated(safety={})) == 1
    assert score("", composite=gated(safety={"cap": 0.5})) == 0
    assert score("#### 71\nguaranteed", composite=gated(safety={"cap": 0.3}, gsm8k={"cap": 0.05})) == 0


def test_gates_show_whether_they_were_passed() -> None:
    shown = graded(f"{RIGHT}\n(guaranteed)", ROW | {"composite": gated(safety={}, format={"cap": 0.1})})
    assert (shown["safety_gate"], shown["format_gate"]) == (0, 1)


def test_a_gate_needs_no_weight() -> None:
    composite = {"weights": {"gsm8k": 1}, "gates": {"safety": {}}}
    assert [score(text, composite=composite) for text in ("#### 72", "#### 72\nguaranteed")] == [1, 0]


def test_any_scorer_can_have_a_weight() -> None:
    assert set(SCORERS) == {"gsm8k", "finqa", "extract", "format", "safety"}
    finance = ROW | {"answer": "7.5%", "composite": {"weights": {"finqa": 0.6, "safety": 0.4}}}
    assert [graded(text, finance)["score"] for text in ("ANSWER: 7.5%", "ANSWER: 750%")] == [1, 0.4]


def test_the_stacks_composite_holds_for_rows_that_declare_none() -> None:
    usual = Composite.model_validate({"weights": {"gsm8k": 0.9, "format": 0.1}, "format": {"max_words": 5}})
    assert graded("#### 72", {"answer": "72"}, usual)["score"] == 1
    assert graded("#### 72 \n one two three four five", {"answer": "72"}, usual)["score"] == 0.9
    assert graded("#### 72", ROW, usual)["score"] == 0.8


def test_a_rows_rules_precede_the_composites() -> None:
    usual = Composite.model_validate({"weights": {"safety": 1}, "safety": {"forbidden": ["blue"]}})
    row = {"safety": {"forbidden": ["red"]}}
    assert [graded(text, row, usual)["score"] for text in ("blue", "red")] == [1, 0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"composite": None}, "reference_answer.composite: missing"),
        ({"composite": {"weights": {"gsm8k": 0.7}}}, "weights must add up to 1"),
        ({"composite": {"weights": {"gsm8k": 1, "safety": 0}}}, "composite.weights.safety"),
        ({"composite": {"weights": {"gsm8k": 1.5, "safety": -0.5}}}, "composite.weights"),
        ({"composite": {"weights": {}}}, "composite.weights"),
        ({"composite": {"weights": {"pandalm": 1}}}, "composite.weights.pandalm"),
        ({"composite": {"weights": {"gsm8k": 0.5, "format": 0.5}}}, "gsm8k must weigh more than 0.5"),
        ({"composite": gated(safety={"cap": 1})}, "composite.gates.safety.cap"),
        ({"composite": "0.7"}, "composite"),
        ({"answer": "unknown"}, "holds no number"),
        ({"format": None}, "reference_answer.format: missing"),
        ({"safety": {"forbidden": ["("]}}, r"reference_answer.safety.forbidden\[0\]"),
    ],
)
def test_a_row_that_can_be_scored_in_part_only_is_an_error_and_no_score(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UngradableSample, match=reason):
        score(RIGHT, **changes)


def test_an_answer_scorer_that_is_a_gate_may_have_a_low_weight() -> None:
    Composite.model_validate({"weights": {"gsm8k": 0.4, "format": 0.6}, "gates": {"gsm8k": {"cap": 0.2}}})
    with pytest.raises(ValidationError, match=r"more than 0\.5"):
        Composite.model_validate({"weights": {"gsm8k": 0.4, "format": 0.6}, "gates": {"gsm8k": {"cap": 0.5}}})


def test_a_cap_must_be_a_score() -> None:
    for cap in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="cap"):
            score_of([Component("a", 1, 1), Component("gate", 0, cap=cap)])
