from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.rewards.samples import UngradableSample
from tests.kit.gsm8k_scores import score


@pytest.mark.parametrize(
    "answer",
    [
        "#### 72",
        "48 + 24 = <<48+24=72>>72\n#### 72",
        "#### 72.",
        "#### $72",
        "####72",
        "#### 72.00",
        "#### 72 clips",
        "#### 72 ",
        "**#### 72**",
        "#### **72**",
        "#### 144/2",
        "#### 7.2e1",
        "####\xa072",
        "Thus\n\n#### 72\n",
        "#### 72\r\n",
        "#### 71\nNo, wait.\n#### 72",
        "<think>#### 71</think>\n#### 72",
        "#### 72\nI hope this helps.",
    ],
)
def test_the_right_number_scores_one_in_any_notation(answer: str) -> None:
    assert score(answer) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "72",
        "The answer is 72.",
        "#### 71",
        "#### 72.001",
        "#### 71.9999999999999999999",
        "#### -72",
        "#### (72)",
        "####",
        "#### 72 or 73",
        "#### 72\n#### 73",
        "#### 72 #### 73",
        "#### 72\n####",
        "#### x = 72",
        "#### 720",
        "#### 7.2",
        "#### 7,2",
        "#### 48 + 24",
        "#### seventy-two",
        "####\n72",
        "<think>#### 72</think>",
        "<think>\n#### 72",
        "#### NaN",
        "#### 72%",
        "Answer: 72\n\n###72",
        '{"score": 1.0, "aggregate_reward_score": 1.0}',
        "#### {answer}",
        "#### ${reference_answer}",
    ],
)
def test_any_other_answer_scores_zero(answer: str) -> None:
    assert score(answer) == 0


UNITS = (
    *(
        "dollars",
        "/day",
        " / day",
        " per day",
        " a day",
        "mi./hr.",
        "km/h",
        "km/s^2",
        "ft^2",
        "ft^{2}",
        "units^2",
        "feet squared",
        "meters cubed",
        "m\u00b3",
        "ft\u00b2",
        "sq. ft.",
        "\u00a2",
    ),
    *("-year-old", " (dollars)", "\\text{ clips}", " boys'", " times per week", "\u00b0C", "lbs.", " USD/day", ","),
    *(" $\\text{cm}^2$", '"', "\u2032", " (in total)"),
)


FRAMES = (
    "{}",
    "**{}**",
    "*{}*",
    "`{}`",
    "<{}>",
    "[{}]",
    "\\boxed{{{}}}",
    "<b>{}</b>",
    "\\underline{{{}}}",
    "~~9~~ {}",
    "<del>9</del>{}",
)


REVERSING = (
    *("times two", "x two", "decrease", "decline", "loss", "less", "fewer", "lower", "doubled", "halved", "and a half"),
    *("hundred", "dozen", "two", "wrong", "isn't it", "not", "plus two", "minus two", "squared", "multiplied by ten"),
    *("quadrupled", "twofold", "tenfold", "factorial", "inverted", "k", "K", "M", "in thousands", "cubed"),
)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 10**6), st.sampled_from(FRAMES), st.sampled_from(UNITS), st.sampled_from(["", "$"]))
def test_surrounding_text_does_not_change_a_number(number: int, frame: str, unit: str, currency: str) -> None:
    written = frame.format(f"{currency}{number}") + (unit if unit[0] in " /-,\\" else f" {unit}")
    assert score(f"#### {written}", str(number)) == 1
    assert score(f"#### {written}", str(number + 1)) == 0


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**6), st.sampled_from(REVERSING))
def test_a_word_that_changes_the_number_scores_zero(number: int, word: str) -> None:
    assert score(f"#### {number} {word}", str(number)) == 0


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**6), st.sampled_from(["~~{}~~", "<s>{}</s>", "<del>{}</del>", "~~{}"]))
def test_a_struck_out_number_is_no_answer(number: int, form: str) -> None:
    assert score(f"#### {form.format(number)}", str(number)) == 0
    assert score(f"So:\n{form.format(f'#### {number}')}", str(number)) == 0 or form == "~~{}"


def test_a_decline_is_positive_only_where_the_question_requests_it() -> None:
    assert score("#### $5 loss", "-5") == 1
    assert score("#### $5 loss", "5", question="How large was his loss?") == 1


def test_a_word_of_scale_is_a_unit_where_the_question_counts_in_it() -> None:
    assert score("#### 6 dozen", "72") == score("#### 6 dozen", "6", question="How many dozen eggs?") == 1
    assert score("#### 6 dozen", "6") == 0


@pytest.mark.parametrize(
    "reference",
    [
        {"final_answer": "72", "steps": ["24", "72"]},
        {"ground_truth": "72"},
        {"solution": "48 + 24 = 72\n#### 72"},
        {"text": "#### 72"},
        {"answer": {"text": "72"}},
        "it is \\boxed{72}",
    ],
)
def test_references_in_published_forms_are_read(reference: Any) -> None:
    assert [score("#### 72", reference), score("#### 73", reference)] == [1, 0]


@pytest.mark.parametrize(
    ("given_number", "reference", "question", "right"),
    [
        ("50%", "50", "What percent are blue?", True),
        ("50", "50%", "What percentage are blue?", True),
        ("50%", "50%", "How many?", True),
        ("0.5", "50", "What percent are blue?", False),
        ("5000%", "50", "What percent are blue?", False),
        ("45%", "45", "A tent costs $60, and a coupon takes 25% off. How many dollars is it?", False),
        ("50%", "0.5", "What is the probability?", True),
        ("50%", "1/2", "What is the probability?", True),
        ("50%", "50", "How many dollars?", False),
        ("0.5", "50%", "What is the probability?", True),
    ],
)
def test_per_cent_is_read_as_the_question_asks(given_number: str, reference: str, question: str, right: bool) -> None:
    assert score(f"#### {given_number}", {"answer": reference}, question=question) == right


@pytest.mark.parametrize(
    "reference",
    [
        "72",
        "#### 72",
        "12 * 6 = 72\n#### 72",
        "$72.00",
        {"answer": "72"},
        {"answer": 72},
        {"answer": 72.0},
        {"answer": "x\n#### 72"},
    ],
)
def test_references_may_be_text_solution_or_number(reference: Any) -> None:
    assert score("#### 72", reference) == 1
    assert score("#### 73", reference) == 0


@pytest.mark.parametrize(
    "reference",
    [
        None,
        "",
        "  ",
        "unknown",
        "12 or 13",
        {},
        {"answer": None},
        {"answer": True},
        {"answer": "#### "},
        {"label": "72"},
    ],
)
def test_a_reference_without_a_number_is_an_error_and_no_score(reference: Any) -> None:
    with pytest.raises(UngradableSample, match="reference_answer"):
        score("#### 72", reference)


@given(st.integers(1, 999), st.sampled_from("kKmMbB"), st.sampled_from(["", " ", " a year", "/day"]))
def test_an_abbreviated_scale_behind_a_currency_multiplies(number: int, scale: str, unit: str) -> None:
    times = {"k": 10**3, "m": 10**6, "b": 10**9}[scale.casefold()]
    assert score(f"#### ${number}{scale}{unit}", str(number * times)) == 1
    assert score(f"#### ${number}{scale}{unit}", str(number)) == 0


@given(st.integers(1, 99), st.integers(1, 9), st.integers(2, 9), st.sampled_from([" ", "-"]))
def test_a_mixed_number_is_its_whole_and_its_fraction(whole: int, top: int, more: int, between: str) -> None:
    bottom = top + more
    expected = f"{whole * bottom + top}/{bottom}"
    assert score(f"#### {whole}{between}{top}/{bottom}", expected) == 1
    assert score(f"#### {whole}{between}{top}/{bottom}", f"{whole}") == 0


@given(
    st.integers(1, 10**6), st.sampled_from(["", r"\text{ eggs}", r" \text{ ft}^2", r"\%"]), st.sampled_from(["", r"\$"])
)
def test_a_number_in_tex_math_is_read(number: int, unit: str, currency: str) -> None:
    question = "What percentage?" if unit == r"\%" else "How many?"
    for form in ("${}$", "$${}$$", "$ {} $.", "**${}$**", r"\({}\)"):
        answer = f"#### {form.format(f'{currency}{number}{unit}')}"
        assert score(answer, str(number), question=question) == 1
        assert score(answer, str(number + 1), question=question) == 0
