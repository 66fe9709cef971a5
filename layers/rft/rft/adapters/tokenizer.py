"""Counts tokens with tiktoken. Nova's tokenizer is not published, so counts are estimates."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import tiktoken

_VOCABULARY = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
"""File name in tiktoken's cache: SHA-1 of the URL of cl100k_base. tiktoken verifies the content's hash."""

_SEAM = re.compile(r"(?<=[A-Za-z])(?=[\x00-@\[-`{-\x7f])")
"""Positions at which a text can be split without changing its tokens: between an ASCII letter and an ASCII non-letter.

cl100k_base first splits a text into pieces by a regular expression, and no token spans pieces. Each piece with letters
ends with them, and the expression has no look-behind and no look-ahead past a letter: so a piece always ends after the
last of consecutive letters.
"""
_MAX_AT_END = 256


class TiktokenTokenizer:
    """Implements ports.Tokenizer with the vocabulary in `TIKTOKEN_CACHE_DIR`; never downloads one."""

    encoding = "cl100k_base"

    def __init__(self) -> None:
        file = Path(os.environ["TIKTOKEN_CACHE_DIR"]) / _VOCABULARY
        if not file.is_file():
            raise FileNotFoundError(f"TIKTOKEN_CACHE_DIR holds no vocabulary of {self.encoding}: {file}")
        self._encoding = tiktoken.get_encoding(self.encoding)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text. Special tokens are counted as ordinary text.

        A prefix and a suffix common to all texts are tokenised once, split where that does not change tokens.
        """
        head = _common_head(texts)
        rest = [text[len(head) :] for text in texts]
        tail = _common_tail(rest)
        constant = self._count(head) + self._count(tail)
        return [constant + self._count(text[: len(text) - len(tail)]) for text in rest]

    def _count(self, text: str) -> int:
        return len(self._encoding.encode_ordinary(text))


def _common_head(texts: Sequence[str]) -> str:
    """Longest common prefix of the texts that ends at a split position."""
    if len(texts) < 2:
        return ""
    common = os.path.commonprefix(texts)  # noqa: RUF071 - of characters, as intended
    seams = [seam.start() for seam in _SEAM.finditer(common)]
    return common[: seams[-1]] if seams else ""


def _common_tail(texts: Sequence[str]) -> str:
    """Longest common suffix of the texts, up to a limit, that begins at a split position."""
    if len(texts) < 2:
        return ""
    backwards = [text[: -_MAX_AT_END - 1 : -1] for text in texts]
    common = os.path.commonprefix(backwards)[::-1]  # noqa: RUF071 - of characters, as intended
    seam = _SEAM.search(common)
    return common[seam.start() :] if seam else ""
