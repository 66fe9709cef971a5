from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.grading import Sample
from rft.grading.answer_figures import EXCERPT, answer_figures, copied_share, weakest_part, word_entropy
from rft.rewards.components import Component

TEXTS = st.text(max_size=300)


def test_entropy_is_computed_over_words() -> None:
    assert word_entropy("") is None
    assert word_entropy("one") == word_entropy("one one one") == 0
    assert word_entropy("one two three four") == 2
    assert word_entropy("one two one two") == 1


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=50))
def test_entropy_is_between_none_and_that_of_as_many_different_words(words: list[str]) -> None:
    found = word_entropy(" ".join(words))
    assert found is not None
    assert 0 <= found <= round(math.log2(len(words)), 3)


@given(TEXTS, TEXTS)
def test_a_copy_of_the_prompt_counts_with_any_surrounding_text(before: str, answer: str) -> None:
    share = copied_share(answer, f"{before}{answer}")
    assert share == (1 if len(answer) >= EXCERPT else None)


def test_half_a_copy_is_half_copied() -> None:
    text = "".join(chr(ord("a") + n % 26) + str(n) for n in range(200))
    assert copied_share(text[:200] + "-" * 200, text) == 0.438
    assert copied_share("-" * 40, text) == 0


def test_the_weakest_part_is_the_minimum_of_rewarded_parts() -> None:
    style, facts, note = Component("style", 0.9, 0.3), Component("facts", 0.2, 0.7), Component("note", 0.0)
    assert weakest_part([style, facts, note]) == 0.2
    assert weakest_part([Component("answer", 1.0, 1), note]) is None


def test_the_prompt_is_all_turns_before_the_answer() -> None:
    sample = Sample(id="a", prompt=(("system", "x" * 40), ("user", "y")), answer="x" * 40, reference=None, fields={})
    assert answer_figures(sample, ())["copied"] == 1
