"""Derived probes are right or wrong by the tasks' own rules, and left out where that is not certain."""

from __future__ import annotations

import json
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
def test_derived_answers_agree_with_the_tasks_rule(value: Any) -> None:
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
        ("Bees dance to show where flowers are", "What do bees do?"),
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
    assert {"Pa", "P"} <= set(answers(found, "near_misses"))
    assert answers(found, "forged_references") == []
    assert "paris" in answers(found, "right_forms")


def test_a_long_text_may_be_paraphrased_but_not_refused_or_shuffled() -> None:
    text = "Bees dance to show the others where flowers are, and how far away."
    found = derived_probes(row(text, "Summarise it."), (text,))
    assert {probe.family for probe in found} == {"refusals", "form_only", "unreadable", "containment"}
    (shuffled,) = answers(found, "containment")
    assert set(text.replace(",", "").replace(".", "").split()) < set(shuffled.split())
    assert text not in shuffled


@pytest.mark.parametrize(
    ("reference", "question", "expected"),
    [
        ("Marie Curie", "Who is it?", {"Bartholomew Curie", "Marie Featherstone"}),
        ("2026-03-05", "When was it?", {"2026-03-15", "2026-04-05", "2025-03-05", "2026-05-03"}),
        ("red, green", "Which two colours?", {"green", "red", "red, something else", "red, green, something else"}),
        ("12.5 kg", "What does it weigh?", {"12.5 g", "13"}),
        ("$25", "What is the price?", {"€25"}),
        ("pageSize", "Which name? Case matters.", {"PAGEsIZE"}),
        ("4217", "How many?", {"2417"}),
    ],
)
def test_of_a_value_in_parts_each_part_is_missed(reference: str, question: str, expected: set[str]) -> None:
    found = derived_probes(row(reference, question), (reference,))
    assert set(answers(found, "near_misses")) >= expected
    assert reference not in {probe.answer for probe in found if not probe.right}


@pytest.mark.parametrize(("reference", "question"), [("Paris, France", "Where is it?"), ("USA", "Which country?")])
def test_partial_or_differently_cased_answers_are_no_wrong_probes(reference: str, question: str) -> None:
    wrong = {probe.answer for probe in derived_probes(row(reference, question), (reference,)) if not probe.right}
    assert not wrong & {"Paris", "France", "usa"}


def test_a_percentage_is_wrong_a_hundredfold_but_may_be_a_fraction() -> None:
    wrong = answers(derived_probes(row("15%", "What percentage is it?"), ("15%",)), "special_numbers")
    assert {"1500%", "0.15%"} <= set(wrong)
    assert "0.15" not in wrong


def test_capitals_inside_a_word_count() -> None:
    found = derived_probes(row("pageSize", "Which name is it?"), ("pageSize",))
    assert "pagesize" not in {probe.answer for probe in found}


@pytest.mark.parametrize("value", [[], ["a"], {}, {"a": 1}, None, 0, -3, True, "", 1.5])
def test_every_json_value_has_another_one(value: Any) -> None:
    own = {"first": 1, "second": value}
    found = derived_probes(row(own, "Return JSON with first and second."))
    assert {json.dumps({**own, "first": 5}), json.dumps({"first": 1})} <= set(answers(found, "near_misses"))
    assert json.dumps(own) not in answers(found, "near_misses")


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


def test_every_code_names_its_family_and_is_documented() -> None:
    question, marked = "Which is a fruit?\nA. brick\nB. apple\nC. stone", "End with #### <number>"
    values = ("72", "12345", "1,234", "-720", "Paris", "15%", "2026-03-05", "3 kg", "Ada Byron")
    texts = [row(text) for text in values]
    texts += [row("a, b", "Which two?"), row("aB", "Case matters."), row("word " * 12, "Why?")]
    others = [row("B", question), row({"name": "Ada", "age": 3}, "JSON with name and age"), row("72", system=marked)]
    found = [p for each in (*texts, *others) for p in derived_probes(each, (str(each.reference_answer),))]
    assert {probe.family for probe in found} == set(FAMILIES)
    documented = (ROOT / "docs/smoke-test.md").read_text(encoding="utf-8").split("## Derived probes")[1]
    assert {probe.code for probe in found if f"`{probe.code.partition('/')[2]}`" not in documented} == set()
