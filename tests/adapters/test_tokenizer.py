from __future__ import annotations

from pathlib import Path

import pytest

from rft.adapters.tokenizer import TiktokenTokenizer

CACHE = Path(__file__).parents[2] / "layers/dependencies/tiktoken_cache"


def test_it_counts_with_the_shipped_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(CACHE))
    tokenizer = TiktokenTokenizer()
    assert tokenizer.encoding == "cl100k_base"
    assert tokenizer.count(["", "hello world", "tiktoken is great!"]) == [0, 2, 6]


def test_what_looks_like_a_special_token_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(CACHE))
    assert TiktokenTokenizer().count(["<|endoftext|>"])[0] > 1


def test_a_layer_without_the_vocabulary_is_a_clear_error_not_a_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="TIKTOKEN_CACHE_DIR holds no vocabulary of cl100k_base"):
        TiktokenTokenizer()
