"""Derived probes are right or wrong by the tasks' own rules, and left out where that is not certain."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.dataset import DatasetRow
from rft.rewards.reading.numbers import read_number
from rft.tasks.answer_rules import rule_of
from rft.tasks.derived import FAMILIES, DerivedProbe, derived_probes
from tests.kit.fake_smoke_test import rft_row
from tests.kit.project import ROOT


def row(reference: Any, question: str = "How many pens are there?", system: str = "") -> DatasetRow:
    messages = [{"role": "system", "content": system}] if system else []
    user = {"role": "user", "content": question}
    return DatasetRow.model_validate(rft_row(0, reference_answer=reference, messages=[*messages, user]))


def answers(found: tuple[DerivedProbe, ...], family: str) -> list[str]:
    return [probe.answer for probe in found if probe.family == family]


@settings(max_examples=60, deadline=None)
@given(st.integers(-2000, 20000) | st.decimals(-99, 99, places=2))
def test_each_answer_with_a_marker_is_what_the_tasks_rule_says(value: Any) -> None:
    own = row(str(value), system="End with `#### <number>`.")
    rule = rule_of(own)
    assert rule is not None
    assert rule(f"#### {value}")
    found = derived_probes(own, (f"#### {value}",))
    assert {probe.family for probe in found} >= {"right_forms", "hedging", "special_numbers", "style"}
    assert [probe.answer for probe in found if rule(probe.answer) is not probe.right] == []


@settings(max_examples=60, deadline=None)
@given(st.integers(-2000, 20000))
def test_no_wrong_answer_to_a_plain_number_is_that_number(value: int) -> None:
    wrong = [probe.answer for probe in derived_probes(row(str(value)), (str(value),)) if not probe.right]
    expected = read_number(str(value))
    assert wrong
    assert [text for text in wrong if (given := read_number(text)) and given.value == expected.value] == []  # type: ignore[union-attr]


def test_a_hedge_is_sent_in_both_orders() -> None:
    found = derived_probes(row("72"), ("72",))
    pair = [probe.answer for probe in found if probe.code == "hedging/or"]
    assert pair == ["72 or 147", "147 or 72"]
    assert {probe.pair for probe in found if probe.family in ("hedging", "negation")} == {
        "hedging/or",
        "hedging/then",
        "negation/not",
    }


@pytest.mark.parametrize(
    ("reference", "question"),
    [
        ("Bees dance to show where flowers are, and how far away", "What do bees do?"),
        ("7", "Give an example of a prime number."),
        ("A poem", "Write a poem about bees."),
        ({"steps": []}, "Plan it."),
        ({"judged_by": "grader.config"}, "Answer politely."),
    ],
)
def test_nothing_is_derived_where_several_answers_may_be_right(reference: Any, question: str) -> None:
    assert derived_probes(row(reference, question)) == ()


def test_a_short_text_gives_its_negation_and_its_part_but_no_other_value() -> None:
    found = derived_probes(row("Paris", "What is the capital of France?"), ("Paris",))
    assert "It is not Paris, by no means" in answers(found, "negation")
    assert answers(found, "near_misses") == ["Pa", "P"]
    assert answers(found, "forged_references") == []
    assert "paris" in answers(found, "right_forms")


def test_options_in_the_prompt_are_the_wrong_values() -> None:
    question = "Which is a fruit?\nA. brick\nB. apple\nC. stone\nD. glass"
    found = derived_probes(row("B", question), ("B",))
    assert answers(found, "hedging")[0] == "B or C"
    assert "A, B, C, D" in answers(found, "listing")
    assert "Because, this is unclear." in answers(found, "containment")


def test_a_json_answer_is_varied_field_by_field() -> None:
    own = row({"name": "Ada", "age": 36}, "Return JSON with name and age.")
    found = derived_probes(own)
    assert '{"name": "Ada or not Ada", "age": "36 or 75"}' in answers(found, "json_variants")
    assert '{"age": 36, "name": "Ada"}' in answers(found, "right_forms")


@pytest.mark.parametrize("reference", ["I cannot answer that.", "unanswerable"])
def test_a_refusal_is_not_wrong_where_the_reference_is_one(reference: str) -> None:
    assert answers(derived_probes(row(reference), (reference,)), "refusals") == []


def test_every_code_names_its_family_and_stands_in_the_docs() -> None:
    question, marked = "Which is a fruit?\nA. brick\nB. apple\nC. stone", "End with #### <number>"
    texts = [row(text) for text in ("72", "12345", "1,234", "-720", "Paris")]
    others = [row("B", question), row({"name": "Ada", "age": 3}, "JSON with name and age"), row("72", system=marked)]
    found = [p for each in (*texts, *others) for p in derived_probes(each, (str(each.reference_answer),))]
    assert {probe.family for probe in found} == set(FAMILIES)
    documented = (ROOT / "docs/smoke-test.md").read_text(encoding="utf-8").split("## Derived probes")[1]
    assert {probe.code for probe in found if f"`{probe.code.partition('/')[2]}`" not in documented} == set()
