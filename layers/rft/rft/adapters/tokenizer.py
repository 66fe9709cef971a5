"""Counts tokens with tiktoken. Nova's own tokenizer is not published, so this is an estimate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import tiktoken

_VOCABULARY = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
"""tiktoken keeps a vocabulary under the sha1 of its URL; this is cl100k_base's. It checks the content itself."""


class TiktokenTokenizer:
    """Implements ports.Tokenizer with the vocabulary in `TIKTOKEN_CACHE_DIR`; never downloads one."""

    encoding = "cl100k_base"

    def __init__(self) -> None:
        file = Path(os.environ["TIKTOKEN_CACHE_DIR"]) / _VOCABULARY
        if not file.is_file():
            raise FileNotFoundError(f"TIKTOKEN_CACHE_DIR holds no vocabulary of {self.encoding}: {file}")
        self._encoding = tiktoken.get_encoding(self.encoding)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text. What looks like a special token is text like any other."""
        return [len(self._encoding.encode_ordinary(text)) for text in texts]
