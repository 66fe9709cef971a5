from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.grading import Sample
from rft.rewards.components import score_of
from rft.rewards.gsm8k import components
from rft.rewards.samples import UngradableSample
from rft.tasks.gsm8k import Gsm8k

TRAIN = Path(__file__).parents[4] / "shared" / "data" / "gsm8k" / "train.jsonl"
REFERENCE = {"answer": "72"}


def score(answer: str, reference: Any = REFERENCE, *, question: str = "How many clips are there?") -> float:
    sample = Sample(
        id="1", prompt=(("system", "50 % is a percent"), ("user", question)), answer=answer, reference=reference
    )
    return score_of(components(sample))


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
def test_the_right_number_scores_one_however_it_is_written(answer: str) -> None:
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
def test_anything_else_scores_nothing(answer: str) -> None:
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
        "m/s^2",
        "ft^2",
        "ft\u00b2",
        "sq. ft.",
        "\u00a2",
    ),
    *("-year-old", " (dollars)", "\\text{ clips}", " boys'", " times per week", "\u00b0C", "lbs.", " USD/day", ","),
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
    "~~9~~ {}",
    "<del>9</del>{}",
)
REVERSING = (
    *("times two", "x two", "decrease", "decline", "loss", "less", "fewer", "lower", "doubled", "halved", "and a half"),
    *("hundred", "dozen", "two", "wrong", "isn't it", "not", "plus two", "minus two", "squared", "multiplied by ten"),
)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 10**6), st.sampled_from(FRAMES), st.sampled_from(UNITS), st.sampled_from(["", "$"]))
def test_what_stands_behind_and_around_a_number_does_not_change_it(
    number: int, frame: str, unit: str, currency: str
) -> None:
    written = frame.format(f"{currency}{number}") + (unit if unit[0] in " /-,\\" else f" {unit}")
    assert score(f"#### {written}", str(number)) == 1
    assert score(f"#### {written}", str(number + 1)) == 0


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**6), st.sampled_from(REVERSING))
def test_a_word_that_makes_it_another_number_earns_nothing(number: int, word: str) -> None:
    assert score(f"#### {number} {word}", str(number)) == 0


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**6), st.sampled_from(["~~{}~~", "<s>{}</s>", "<del>{}</del>", "~~{}"]))
def test_what_is_struck_out_is_no_answer(number: int, form: str) -> None:
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


def test_form_without_the_right_number_earns_nothing() -> None:
    sample = Sample(id="1", prompt=(), answer="12 * 6 = 72\n#### 71", reference="72")
    assert {part.name: (part.value, part.weight) for part in components(sample)} == {
        "answer": (0, 1),
        "readable": (1, None),
    }


def test_a_long_answer_is_graded_at_once() -> None:
    assert score("####" * 500_000) == 0
    assert score("\n" * 1_000_000 + "#### 72") == 1
    assert score("#### " + "9" * 1_000_000) == 0


@settings(max_examples=1000)
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9),
    st.text(max_size=50),
)
def test_only_the_last_marked_number_counts(number: Any, before: str) -> None:
    reference = {"answer": f"{number:f}"}
    working = before.replace("<", "")  # a thinking block that is opened and never closed is another test's
    assert score(f"{working}\n#### {number:f}", reference) == 1
    assert score(f"{working}\n#### {number:f}\n#### {number + 1:f}", reference) == 0


@settings(max_examples=1000)
@given(st.text(max_size=300))
def test_any_answer_gets_a_score(answer: str) -> None:
    assert score(answer) in {0, 1}


@pytest.mark.skipif(not TRAIN.is_file(), reason="GSM8K's training set is not beside the repository")
def test_on_all_of_gsm8k_references_score_one_and_changed_numbers_zero() -> None:
    records = [json.loads(line) for line in TRAIN.read_text("utf-8").splitlines()]
    assert len(records) == 7473
    for record in records:
        reference = Gsm8k().read(record).reference_answer
        solution, _, number = record["answer"].rpartition("####")
        changed = f"{solution}#### {int(number.replace(',', '')) + 1:,}"
        assert score(record["answer"], reference, question=record["question"]) == 1, record
        assert score(changed, reference, question=record["question"]) == 0, record
        assert score(record["answer"], record["answer"]) == 1


DOLLARS = "A pen costs $2 and a pencil less. How much is the pencil?"
BOTH = "A pen costs $2 and a pencil 30 cents less than that. How many cents is the pencil?"
CENTS = "A pen costs 60 cents. What is half of it?"


@pytest.mark.parametrize(
    ("answer", "reference", "question", "expected"),
    [
        ("25 cents", "0.25", DOLLARS, 1),
        ("25¢", "0.25", DOLLARS, 1),
        ("25 cents", "$0.25", "What is it?", 1),
        ("$0.25", "0.25", DOLLARS, 1),
        ("25 cents", "25", DOLLARS, 0),
        ("2.5 cents", "0.25", DOLLARS, 0),
        ("170 cents", "170", BOTH, 1),
        ("170 cents", "1.70", BOTH, 1),
        ("30 cents", "30", CENTS, 1),
        ("30 cents", "0.30", CENTS, 0),
        ("0.25 cents", "0.25", DOLLARS, 0),
        ("18 (approximately)", "18", DOLLARS, 0),
        ("1.5 : 1", "1.5", "What is the ratio?", 1),
        ("3 : 2", "1.5", "What is the ratio?", 0),
        ("380,000", "380 , 000", "How many?", 1),
        ("380 , 000", "380000", "How many?", 0),
    ],
)
def test_cents_ratios_doubts_and_references_cut_into_words(
    answer: str, reference: str, question: str, expected: int
) -> None:
    assert score(f"#### {answer}", {"answer": reference}, question=question) == expected


@given(st.integers(1, 10**6))
def test_an_amount_in_cents_is_the_same_amount_in_dollars(cents: int) -> None:
    dollars = {"answer": f"{cents // 100}.{cents % 100:02d}"}
    assert score(f"#### {cents} cents", dollars, question=DOLLARS) == 1
    assert score(f"#### {cents + 1} cents", dollars, question=DOLLARS) == 0
    assert score(f"#### {cents} dollars", dollars, question=DOLLARS) == 0
