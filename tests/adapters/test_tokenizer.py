from __future__ import annotations

import os
import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.adapters.tokenizer import TiktokenTokenizer
from rft.contracts.dataset import prompt_text
from rft.tasks.pandalm import prompt

CACHE = Path(__file__).parents[2] / "layers/dependencies/tiktoken_cache"

TRICKY = st.text(
    st.sampled_from("abST 'sdmtLLre\n\r\t0123.,;:<>_/-\u017f\u0301éßÅ日\U0001f600\x00\u00a0\u2028\u3000")
    | st.characters(codec="utf-8"),
    max_size=60,
)
"""Letters, contractions, digits, blanks of all kinds: what the pieces of the vocabulary's expression are made of."""


@cache
def tokenizer() -> TiktokenTokenizer:
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(CACHE))
    return TiktokenTokenizer()


def each_alone(texts: list[str]) -> list[int]:
    return [tokenizer().count([text])[0] for text in texts]


def test_tokens_are_counted_with_the_shipped_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(CACHE))
    tokenizer = TiktokenTokenizer()
    assert tokenizer.encoding == "cl100k_base"
    assert tokenizer.count(["", "hello world", "tiktoken is great!"]) == [0, 2, 6]


def test_text_like_a_special_token_is_counted_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(CACHE))
    assert TiktokenTokenizer().count(["<|endoftext|>"])[0] > 1


@settings(max_examples=500)
@given(TRICKY, st.lists(TRICKY, min_size=1, max_size=6), TRICKY)
def test_shared_parts_of_texts_are_counted_once_and_exactly(head: str, middles: list[str], tail: str) -> None:
    texts = [head + middle + tail for middle in middles]
    assert tokenizer().count(texts) == each_alone(texts)


@settings(max_examples=100)
@given(st.lists(st.tuples(TRICKY, TRICKY, TRICKY), min_size=1, max_size=5))
def test_prompts_of_a_task_are_counted_exactly_for_any_content(parts: list[tuple[str, str, str]]) -> None:
    prompts = [prompt_text(prompt(*each)) for each in parts]
    assert tokenizer().count(prompts) == each_alone(prompts)


def test_texts_that_overlap_or_are_the_same_are_counted_exactly() -> None:
    words = "the cat's hat, the dog's log\n\nand so on; it'll do.\n"
    chance = random.Random(7)
    for _ in range(200):
        cuts = sorted(chance.choices(range(len(words)), k=4))
        texts = [words[: cuts[1]], words[: cuts[2]] * 2, words[cuts[0] :], words, words]
        assert tokenizer().count(texts) == each_alone(texts)


def test_a_layer_without_the_vocabulary_is_a_clear_error_not_a_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="TIKTOKEN_CACHE_DIR holds no vocabulary of cl100k_base"):
        TiktokenTokenizer()
