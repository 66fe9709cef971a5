from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.rewards.gsm8k import read_answer
from rft.rewards.reading.turns import answer_text, before_turn_token, without_thinking

END_TOKENS = (
    *("<|im_end|>", "</s>", "<|endoftext|>", "<|eot_id|>", "<|end_of_solution|>", "<eos>", "<end_of_turn>", "[/INST]"),
    *(
        "<\uff5cend\u2581of\u2581sentence\uff5c>",
        "</answer>",
        "</solution>",
        "</final_answer>",
        "<|im_end|>\n<|im_start|>",
    ),
)
ANSWERS = ("#### 72", "a line\n#### 72", "<think>#### 71</think>\n#### 72")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ANSWERS), st.lists(st.sampled_from(END_TOKENS), max_size=4), st.sampled_from(["", " ", "\n"]))
def test_an_end_of_turn_token_changes_no_answer(answer: str, tokens: list[str], space: str) -> None:
    number = read_answer(answer + space + space.join(tokens))
    assert number is not None
    assert number.value == 72


def test_text_after_the_end_of_a_turn_is_not_part_of_the_answer() -> None:
    assert before_turn_token("72<|im_end|>73") == "72"
    assert before_turn_token("<|im_start|>72<|im_end|>73") == "72"


def test_turn_tokens_are_dropped_and_nothing_inside_changes() -> None:
    assert answer_text("<s><|begin_of_solution|>a </s> b\r\nc<|end_of_solution|></s>\n") == "a </s> b\nc"
    assert answer_text("<answer>\n{}\n</answer>") == "{}\n"


@pytest.mark.parametrize(
    "text",
    [
        "No <think> tag is needed here.\n#### 72",
        "I write no </think> here.\n#### 72",
        "#### 72\nThat ends with </think> as usual.",
        "The tags <think> and </think> are not used.\n#### 72",
        "Use `<think>` here\n#### 72",
        '"<think>" is a tag\n#### 72',
    ],
)
def test_a_thinking_tag_that_is_mentioned_neither_opens_nor_closes(text: str) -> None:
    number = read_answer(text)
    assert number is not None
    assert number.value == 72


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<think>a</think>b", "b"),
        ("<think>\na\n</think>\n\nb", "\n\nb"),
        ("a\n</think>\nb", "\nb"),
        ("so it is.</think>b", "b"),
        ("a <think>x</think> b", "a  b"),
        ("a\n<think>b", "a\n"),
        ("  <think>b", "  "),
        ("<|im_start|><think>b", "<|im_start|>"),
        ("<think>a</think>\n<think>b", "\n"),
        ("<|begin_internal_thought|>a<|end_internal_thought|>b", "b"),
        ("<|begin_of_thought|>a", ""),
        ("<think>say `</think>` then a</think>b", "b"),
    ],
)
def test_thinking_is_left_out(text: str, rest: str) -> None:
    assert without_thinking(text) == rest


@settings(max_examples=300, deadline=None)
@given(st.text("a .\n#7", max_size=30), st.sampled_from(["think", "thinking", "REASONING", "thought"]))
def test_nothing_inside_a_block_at_the_start_of_a_line_is_an_answer(inside: str, name: str) -> None:
    assert without_thinking(f"<{name}>{inside}#### 9") == ""
    assert without_thinking(f"<{name}>{inside}#### 9</{name}>\nrest") == "\nrest"


@pytest.mark.parametrize("text", ["</s>", "<think>", "</think> ", "a <think> ", "<think>\n</think>", "<s>", "~~"])
def test_any_number_of_tags_is_read_in_linear_time(text: str) -> None:
    assert len(answer_text(text * 50_000)) <= len(text) * 50_000
