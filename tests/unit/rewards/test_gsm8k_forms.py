"""References and answers of word problems in their forms, generated and published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.grading import Sample
from rft.rewards.gsm8k import components
from rft.tasks.gsm8k import Gsm8k
from tests.kit.gsm8k_scores import score

TRAIN = Path(__file__).parents[4] / "shared" / "data" / "gsm8k" / "train.jsonl"


def test_form_without_the_right_number_earns_nothing() -> None:
    sample = Sample(id="1", prompt=(), answer="12 * 6 = 72\n#### 71", reference="72")
    assert {part.name: (part.value, part.weight) for part in components(sample)} == {
        "answer": (0, 1),
        "readable": (1, None),
    }


def test_a_long_answer_is_graded_quickly() -> None:
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


@pytest.mark.skipif(not TRAIN.is_file(), reason="GSM8K's training set is not next to the repository")
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
