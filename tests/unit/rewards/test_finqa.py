from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rewards.finqa_reference import read_expected
from rft.rewards.reading.page_units import page_unit
from rft.rewards.samples import UngradableSample
from tests.kit.finqa_scores import PLAIN, grade, score

PERCENT = "what percentage of total debt were the notes?"


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("25", "25"),
        ("$25", "25"),
        ("25.0", "25"),
        ("25 shares", "25"),
        ("(25)", "-25"),
        ("-25", "(25)"),
        ("\u221225", "-25"),
        ("0", "0"),
        ("0.00", "0"),
        ("$1.2 billion", "1200000000"),
        ("1,200 million", "$ 1.2 billion"),
        ("1.2bn", "$1.2 billion"),
        ("41.9 thousand", "41932"),
        ("1/3", "0.3333"),
        ("22.2 years", "22.21"),
        ("2.5x", "2.5"),
        (".05", "0.05"),
    ],
)
def test_right_numbers_score_one_in_any_notation(answer: str, reference: str) -> None:
    assert score(answer, reference) == 1


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("0", "0.05"),
        ("0.001", "0"),
        ("0", "0.0001"),
        ("2500", "25"),
        ("0.25", "25"),
        ("25", "-25"),
        ("(25)", "25"),
        ("1.2", "$1.2 billion"),
        ("1.2 million", "$1.2 billion"),
        ("2010", "2009"),
        ("2009.5", "2009"),
        ("41,900", "41932"),
        ("93", "0.93"),
        ("25 or 26", "25"),
        ("$25 (from $30)", "25"),
        ("about 25", "25"),
        ("", "25"),
        ("yes", "1"),
        ("NaN", "25"),
    ],
)
def test_wrong_numbers_score_zero(answer: str, reference: str) -> None:
    assert score(answer, reference) == 0


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("ANSWER: 24\nThat was wrong.\nANSWER: 25", True),
        ("ANSWER: 25\nOr rather:\nANSWER: 24", False),
        ("It rose from $30 to $25 by $5.\nANSWER: $25", True),
        ("**ANSWER:** 25", True),
        ("**Answer: 25**", True),
        ("Final answer: 25", True),
        ("answer : 25", True),
        ("ANSWER: 25\n\nSource: page 4, 2009", True),
        ("The answer: 25", False),
        ("25", False),
        ("ANSWER 25", False),
        ("ANSWER:\n25", False),
        ("ANSWER: 25\nANSWER:", False),
        ("<think>ANSWER: 25</think>", False),
        ("<think>ANSWER: 24</think>\nANSWER: 25", True),
        ("MY ANSWER: 25", False),
    ],
)
def test_the_last_answer_line_alone_counts(text: str, right: bool) -> None:
    assert grade(text, "25") == right


@pytest.mark.parametrize("reference", ["yes", {"answer": "yes", "value": "yes"}, {"answer": "", "value": "yes"}])
def test_a_yes_answer_is_recognised_in_every_form(reference: Any) -> None:
    forms = ("yes", "Yes.", "**YES**", '"yes"', "<yes>", "[yes]", "(yes)", r"\boxed{\text{yes}}", "<b>yes</b>")
    assert [score(answer, reference) for answer in forms] == [1] * len(forms)
    assert [score(answer, reference) for answer in ("no", "1", "true", "yes and no", "yes, no", "not yes", "")] == [
        0
    ] * 7


EXACT = {"answer": "93.5%", "value": 0.93464}


@pytest.mark.parametrize("question", [PLAIN, PERCENT])
def test_percent_equals_decimal_where_the_reference_is_in_percent(question: str) -> None:
    assert [score(answer, EXACT, question) for answer in ("93.5%", "93.46%", "93.464", "0.935", "0.93464")] == [1] * 5
    assert [score(answer, EXACT, question) for answer in ("0.935%", "9350%", "9350", "0.00935", "-93.5%", "92.9%")] == [
        0
    ] * 6


@pytest.mark.parametrize(
    ("answer", "right"), [("93%", True), ("93", True), ("0.93", True), ("0.93%", False), ("9300", False)]
)
def test_percent_equals_decimal_where_the_question_requests_percent(answer: str, right: bool) -> None:
    assert score(answer, "0.93", PERCENT) == score(answer, "93", PERCENT) == right


def test_a_reference_may_lack_its_percent_sign() -> None:
    reference = {"answer": "14.5", "value": 0.1446}
    assert [score(answer, reference) for answer in ("14.5%", "14.46", "0.1446", "14.5 million", "1446%")] == [
        1,
        1,
        1,
        0,
        0,
    ]


def test_the_exact_value_and_its_rounded_form_are_both_right() -> None:
    reference = {"answer": "10%", "value": 0.10435}
    assert [score(answer, reference) for answer in ("10%", "10.4%", "10.435%", "11%", "9.9%")] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("reference", "question"),
    [
        ({"answer": "380", "value": 380.0, "unit": "million"}, PLAIN),
        ({"answer": "380"}, "what was it, in millions?"),
        ({"answer": "$ 380 million", "value": 380.0}, PLAIN),
        ({"answer": "$ 380 million"}, "what was it in millions of dollars?"),
    ],
)
def test_a_bare_number_has_the_unit_of_question_page_or_reference(reference: Any, question: str) -> None:
    right = ("380", "$380 million", "380,000,000", "0.38 billion")
    wrong = ("380 thousand", "380 billion", "0.38", "380%")
    assert [score(answer, reference, question) for answer in right] == [1, 1, 1, 1]
    assert [score(answer, reference, question) for answer in wrong] == [0, 0, 0, 0]


def test_without_a_unit_a_million_is_a_million() -> None:
    assert score("380 million", "380") == 0
    assert score("380", "$380 million") == 0


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("( in millions , except per share )", "million"),
        ("dollars in thousands ... in thousands", "thousand"),
        ("in millions, and in thousands", "million"),
        ("( in millions , except shares in thousands )", "million"),
        ("shares in thousands ; dollars in millions", "million"),
        ("| millions , except percentages | 2010 |", "million"),
        ("| us$ millions | 2010 | 2009 |", "million"),
        ("| ( $ in millions ) | 2010 |", "million"),
        ("| in billions | 2010 |", "billion"),
        ("amounts are in u.s. dollars, in thousands", "thousand"),
        ("( $ 000s )", "thousand"),
        ("( $000 )", "thousand"),
        ("( in \u20ac000 )", "thousand"),
        ("( us$'000 )", "thousand"),
        ("( $mm )", "million"),
        ("| $m | 2010 |", "million"),
        ("( \u00a3 m , except per share )", "million"),
        ("( in $bn )", "billion"),
        ("it paid $ 000 and m $ more", None),
        ("millions of dollars", "million"),
        ("text in thousands\n| in millions | 2010 |", "million"),
        ("it paid $ 5 million and $ 7 million", "million"),
        ("it paid $ 5 million and $ 7 billion", None),
        ("net sales grew by 5 % to 1200", None),
    ],
)
def test_the_unit_of_a_page_is_the_first_that_it_declares_for_money(text: str, unit: str | None) -> None:
    assert page_unit(text, PLAIN) == unit


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("what were net sales in 2010?", "million"),
        ("what were earnings per share?", None),
        ("in what year were net sales the highest?", None),
        ("what was the ratio of debt to equity?", None),
        ("what percentage of debt is due?", None),
        ("how many employees were there?", None),
        ("how many shares were issued?", "thousand"),
        ("what was the average price paid per share?", None),
    ],
)
def test_the_unit_of_a_page_holds_for_what_is_counted_in_it(question: str, unit: str | None) -> None:
    assert page_unit("( in millions , except shares in thousands )", question) == unit


@pytest.mark.parametrize(
    "reference", [None, "", "n/a", {}, {"answer": ""}, {"answer": "12 or 13"}, {"value": None}, {"value": True}]
)
def test_a_reference_that_cannot_be_read_is_an_error_and_no_score(reference: Any) -> None:
    with pytest.raises(UngradableSample, match="reference_answer"):
        score("25", reference)


def test_a_printed_answer_that_contradicts_the_value_is_ignored() -> None:
    expected = read_expected({"answer": "7", "value": 2.5}, question=PLAIN)
    assert expected is not None
    assert not expected.consistent
    assert [score(answer, {"answer": "7", "value": 2.5}) for answer in ("2.5", "7")] == [1, 0]


def test_a_question_that_is_only_in_the_prompt_is_found() -> None:
    assert score("93", "0.93", PERCENT) == 1
    assert score("93", {"answer": "0.93", "question": PLAIN}, PERCENT) == 0


@pytest.mark.parametrize(
    "text", ["a line\n" * 30_000, "a.b" * 60_000, "why? " + "a" * 200_000 + ". so? ", "? " * 90_000]
)
def test_a_long_question_is_read_quickly(text: str) -> None:
    started = time.process_time()
    score("25%", {"answer": "0.25", "question": f"what percent is it {text}"})
    assert time.process_time() - started < 2


def test_a_long_answer_is_graded_quickly() -> None:
    assert grade("\n" * 1_000_000 + "ANSWER: 25", "25") == 1
    assert grade("# " * 500_000 + "\nANSWER: " + "* " * 500_000, "25") == 0
    assert grade("answer" * 200_000, "25") == 0


RATE, SHARE_PRICE = "what was the effective tax rate in 2011?", "what was the dividend per share in 2011?"
IN_CENTS = "what was the dividend per share in cents?"


@pytest.mark.parametrize(
    ("answer", "reference", "question", "expected"),
    [
        ("35.2%", "35.2", RATE, 1),
        ("35.2", "35.2", RATE, 1),
        ("0.352", "35.2", RATE, 1),
        ("3520%", "35.2", RATE, 0),
        ("35.2%", {"answer": "35.2", "value": 35.2}, RATE, 1),
        ("35.2%", "35.2", "what was the exchange rate?", 0),
        ("240%", "2.4", "what was the growth rate of sales?", 1),
        ("35.2%", "$ 35.2", "what was the gross margin in dollars?", 0),
        ("25 cents", "$ 0.25", SHARE_PRICE, 1),
        ("25¢", "0.25", SHARE_PRICE, 1),
        ("25 cents", "25", SHARE_PRICE, 0),
        ("25 cents", "25", IN_CENTS, 1),
        ("25 cents", "25 cents", SHARE_PRICE, 1),
        ("1.5 : 1", "1.5", "what was the ratio of debt to equity?", 1),
        ("380,000", "380 , 000", "how many shares were sold?", 1),
        ("380 , 000", "380000", "how many shares were sold?", 0),
        ("35.2% (approximately)", "35.2%", RATE, 0),
    ],
)
def test_rates_cents_ratios_and_references_cut_into_words(
    answer: str, reference: Any, question: str, expected: int
) -> None:
    assert score(answer, reference, question) == expected


@given(st.decimals("10.1", "99.9", places=1), st.sampled_from(["margin", "dividend yield", "interest rate"]))
def test_a_bare_rate_above_ten_is_in_per_cent(rate: Any, name: str) -> None:
    question = f"what was the {name} in 2011?"
    assert score(f"{rate}%", str(rate), question) == score(str(rate), str(rate), question) == 1
    assert score(f"{rate * 100}%", str(rate), question) == score(str(rate * 100), str(rate), question) == 0
