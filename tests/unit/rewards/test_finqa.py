from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rft.contracts.grading import Sample
from rft.rewards.components import score_of
from rft.rewards.finqa import components
from rft.rewards.finqa_reference import read_expected
from rft.rewards.reading.numbers import plain_digits
from rft.rewards.reading.page_units import page_unit
from rft.rewards.samples import UngradableSample

PLAIN = "what was the change in net sales?"
PERCENT = "what percentage of total debt were the notes?"


def score(answer: str, reference: Any, question: str = PLAIN) -> float:
    return grade(f"Some working.\nANSWER: {answer}", reference, question)


def grade(answer: str, reference: Any, question: str = PLAIN) -> float:
    return score_of(components(Sample(id="1", prompt=(("user", question),), answer=answer, reference=reference)))


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
def test_right_numbers_score_one_however_they_are_written(answer: str, reference: str) -> None:
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
def test_wrong_numbers_score_nothing(answer: str, reference: str) -> None:
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
def test_yes_is_yes(reference: Any) -> None:
    assert [score(answer, reference) for answer in ("yes", "Yes.", "**YES**")] == [1, 1, 1]
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


def test_a_reference_may_forget_its_per_cent_sign() -> None:
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


def test_a_long_answer_is_graded_at_once() -> None:
    assert grade("\n" * 1_000_000 + "ANSWER: 25", "25") == 1
    assert grade("# " * 500_000 + "\nANSWER: " + "* " * 500_000, "25") == 0
    assert grade("answer" * 200_000, "25") == 0


PER_CENT_QUESTIONS = (
    "what is the percent change in maturities from 2016 to 2017?",
    "by what percentage did sales grow?",
    "what % of debt is due in 2010?",
    "as of 2010 , what percentage of sales was foreign?",
    "how much did sales grow, as a percentage?",
    "what was the growth of the 5% notes in percent?",
)
AMOUNT_QUESTIONS = (
    "what was the interest in the later year, in millions, given that it fell by 20% ( 20 % )?",
    "what is the total of the 6.25% notes and the 7% notes?",
    "assuming the same percentage increase, what would sales be in 2012?",
    "what would sales be, given a percent increase of 5%?",
    "how many dollars is the 10 percent coupon?",
    "what is the fair value if rates rise by 10 percent?",
)
SHARE_QUESTIONS = (
    "what portion of interest cost relates to taxes?",
    "what is the return on investment?",
    "what was the profit margin?",
    "what was the growth rate of net sales?",
    "what is the ratio of debt to equity?",
)
NOT_IN_MONEY = (
    "what were the average earnings per share?",
    "in which year were sales the highest?",
    "what is the ratio of debt to equity?",
    "how many years does the lease last?",
    "what was the exercise price?",
)
ratios = st.integers(1, 9_999).map(lambda n: Fraction(n, 1000)).filter(lambda value: value.denominator > 1)


@settings(max_examples=60, deadline=None)
@given(ratios, st.sampled_from(PER_CENT_QUESTIONS), st.sampled_from(["answer", "value"]))
def test_a_computed_value_is_a_ratio_where_the_question_asks_for_per_cent(
    ratio: Fraction, question: str, key: str
) -> None:
    reference, hundred = {key: plain_digits(ratio)}, plain_digits(ratio * 100)
    assert [score(text, reference, question) for text in (f"{hundred}%", hundred, plain_digits(ratio))] == [1, 1, 1]
    wrong = (f"{plain_digits(ratio * 10_000)}%", f"{plain_digits(ratio)}%")
    assert [score(text, reference, question) for text in wrong] == [0, 0]


@settings(max_examples=60, deadline=None)
@given(ratios, st.sampled_from(SHARE_QUESTIONS))
def test_equal_values_are_right_with_and_without_the_sign(ratio: Fraction, question: str) -> None:
    reference, hundred = {"answer": plain_digits(ratio)}, plain_digits(ratio * 100)
    assert [score(text, reference, question) for text in (f"{hundred}%", plain_digits(ratio))] == [1, 1]
    assert [score(text, reference, question) for text in (hundred, f"{plain_digits(ratio)}%")] == [0, 0]


@settings(max_examples=60, deadline=None)
@given(st.integers(11, 10**6), st.sampled_from(AMOUNT_QUESTIONS), st.booleans())
def test_a_percentage_that_is_only_given_does_not_make_the_answer_one(amount: int, question: str, both: bool) -> None:
    reference = {"answer": f"{amount}.0"} | ({"value": float(amount)} if both else {})
    assert score(str(amount), reference, question) == 1
    assert [score(text, reference, question) for text in (f"{amount}%", plain_digits(Fraction(amount, 100)))] == [0, 0]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(100, 10**6).map(lambda n: Fraction(n, 10)),
    st.sampled_from(
        ["( in {}s )", "| {}s | 2010 |", "| us$ {}s , except percentages | 2010 |", "( in {}s , except shares )"]
    ),
    st.sampled_from(["thousand", "million", "billion"]),
)
def test_the_unit_of_the_page_in_the_prompt_is_that_of_money_alone(value: Fraction, form: str, unit: str) -> None:
    def right(question: str, answer: str) -> float:
        prompt = (
            f"Context:\n{form.format(unit)} sales grew by 5 % in 2010 .\n\nQuestion: {question}\n\nShow your working."
        )
        return score(answer, {"answer": plain_digits(value)}, prompt)

    assert right(PLAIN, f"{plain_digits(value)} {unit}") == right(PLAIN, plain_digits(value)) == 1
    assert right(PLAIN, f"{plain_digits(value)} trillion") == 0
    assert [right(question, f"{plain_digits(value)} {unit}") for question in NOT_IN_MONEY] == [0] * len(NOT_IN_MONEY)


@settings(max_examples=60, deadline=None)
@given(st.integers(1001, 9999), st.sampled_from([10**3, 10**6]), st.sampled_from(["unit", None]), st.sampled_from("mb"))
def test_a_printed_and_an_exact_value_of_different_scales_are_one(
    exact: int, counted_in: int, unit: str | None, scale: str
) -> None:
    amount = Fraction(exact * counted_in)
    size, word = (10**6, "million") if scale == "m" else (10**9, "billion")
    printed = f"{float(amount / size):.4f} {word}"
    reference = {"answer": f"$ {printed}", "value": float(exact)}
    if unit:
        reference["unit"] = {10**3: "thousand", 10**6: "million"}[counted_in]
    assume(amount / size >= Fraction(1, 10))
    assert score(f"${printed}", reference) == score(plain_digits(amount), reference) == 1
    assert score(f"${printed[:-8]} trillion", reference) == 0


@pytest.mark.parametrize(
    ("answer", "value", "question", "right"),
    [
        ("3.46% decrease", 0.0346, "what was the percentage change?", False),
        ("3.46% increase", 0.0346, "what was the percentage change?", True),
        ("3.46% decrease", -0.0346, "what was the percentage change?", True),
        ("3.46% decrease", 0.0346, "what was the percentage decrease?", True),
        ("3.46% lower", 0.0346, "what was the percentage change?", False),
        ("<3.46%>", 0.0346, "what was the percentage change?", True),
    ],
)
def test_a_word_behind_the_number_may_turn_its_sign(answer: str, value: float, question: str, right: bool) -> None:
    assert score(answer, {"value": value}, question) == right


amounts = st.integers(-(10**9), 10**9).map(lambda n: Fraction(n, 1000))


@settings(max_examples=1000)
@given(amounts)
def test_a_number_answers_itself_and_nothing_far_from_it(number: Fraction) -> None:
    reference = {"answer": plain_digits(number)}
    assert score(plain_digits(number), reference) == 1
    for other in (number * 100, number / 100, -number, number * Fraction(51, 50), number + 1000):
        assert other == number or score(plain_digits(other), reference) == 0 or abs(other - number) * 200 <= abs(number)


@settings(max_examples=1000)
@given(amounts)
def test_zero_is_right_for_zero_alone(number: Fraction) -> None:
    assert score("0", {"answer": plain_digits(number)}) == (number == 0)
    assert score("0%", {"answer": f"{plain_digits(number)}%"}) == (number == 0)


@settings(max_examples=1000)
@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_whole_numbers_are_met_to_the_digit(one: int, other: int) -> None:
    assert score(str(other), str(one)) == (one == other)


@settings(max_examples=1000)
@given(st.integers(1, 10**7).map(lambda n: Fraction(n, 10**5)))
def test_per_cent_rounds_to_three_digits_and_is_never_a_hundred_times_off(ratio: Fraction) -> None:
    reference = {"answer": f"{float(ratio) * 100:.1f}%", "value": float(ratio)}
    three = f"{float(ratio) * 100:.3g}"
    assume("e" not in three)
    assert score(f"{three}%", reference) == 1
    assert score(f"{plain_digits(Fraction(three) * 100)}%", reference) == 0


@settings(max_examples=1000)
@given(st.text(max_size=200), st.text(max_size=40), st.text(max_size=40))
def test_any_answer_gets_a_score_and_any_reference_a_score_or_an_error(
    answer: str, printed: str, question: str
) -> None:
    assert score(answer, {"answer": "93.5%"}, question) in {0, 1}
    try:
        assert score(answer, {"answer": printed}, question) in {0, 1}
    except UngradableSample:
        assert read_expected({"answer": printed}, question=question) is None
