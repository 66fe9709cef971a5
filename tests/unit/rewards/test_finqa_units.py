"""Units, scales and signs of answers about financial reports, for generated numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rft.rewards.finqa_reference import read_expected
from rft.rewards.reading.numbers import plain_digits
from rft.rewards.samples import UngradableSample
from tests.kit.finqa_scores import PLAIN, score

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
        [
            "( in {}s )",
            "({}s)",
            "| {}s | 2010 |",
            "| us$ {}s , except percentages | 2010 |",
            "( in {}s , except shares )",
        ]
    ),
    st.sampled_from(["thousand", "million", "billion"]),
)
def test_the_unit_of_the_page_in_the_prompt_applies_to_money_only(value: Fraction, form: str, unit: str) -> None:
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
def test_printed_and_exact_values_of_different_scales_are_equal(
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
@given(st.integers(101, 9_999), st.sampled_from(["a {} {}", "an {} {}", "{} {}", "{} ({})"]), st.booleans())
def test_a_change_may_stand_behind_its_number_with_an_article_before(tenths: int, form: str, rises: bool) -> None:
    answer = form.format(f"{tenths / 10}%", "increase" if rises else "decrease")
    change = {"answer": f"{'' if rises else '-'}{tenths / 10}%"}
    assert score(answer, change, "what was the percentage change?") == 1
    assert score(answer, {"answer": f"{tenths / 10}%"}, "what was the percentage change?") == rises


@given(
    st.integers(1, 9_999),
    st.sampled_from(["{} in millions", "{}-million", "${} (in millions)", "{} ( in million )", "${}m"]),
)
def test_an_answer_may_state_its_unit_in_words(tenths: int, form: str) -> None:
    reference = {"answer": f"{tenths / 10}"}
    assert score(form.format(tenths / 10), reference, "what was revenue, in millions?") == 1
    assert score(form.format(tenths / 10), reference, "what was revenue, in thousands?") == 0


@given(ratios)
def test_an_amount_of_money_is_not_read_as_a_percentage(ratio: Fraction) -> None:
    reference = {"answer": plain_digits(ratio)}
    assert score(f"{plain_digits(ratio * 100)}", reference, PER_CENT_QUESTIONS[0]) == 1
    assert score(f"${plain_digits(ratio * 100)}$", reference, PER_CENT_QUESTIONS[0]) == 1
    assert score(f"${plain_digits(ratio * 100)}", reference, PER_CENT_QUESTIONS[0]) == 0


@given(amounts)
def test_a_number_matches_itself_and_no_distant_number(number: Fraction) -> None:
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
def test_whole_numbers_must_match_exactly(one: int, other: int) -> None:
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
