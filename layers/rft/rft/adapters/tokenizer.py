"""Counts tokens with tiktoken. Nova's own tokenizer is not published, so this is an estimate."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import tiktoken

_VOCABULARY = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
"""tiktoken keeps a vocabulary under the sha1 of its URL; this is cl100k_base's. It checks the content itself."""

_SEAM = re.compile(r"(?<=[A-Za-z])(?=[\x00-@\[-`{-\x7f])")
"""Where a text may be cut without changing its tokens: between an ASCII letter and an ASCII character that is none.

cl100k_base first cuts a text into pieces by a regular expression, and no token crosses pieces. Every piece with a
letter in it ends with its run of letters, and nothing in the expression looks back, nor past a letter: so there is
always a cut after the last letter of a run.
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
        """Tokens in each text. What looks like a special token is text like any other.

        What all texts begin and end with is counted once, cut where that changes no token.
        """
        head = _common_head(texts)
        rest = [text[len(head) :] for text in texts]
        tail = _common_tail(rest)
        constant = self._count(head) + self._count(tail)
        return [constant + self._count(text[: len(text) - len(tail)]) for text in rest]

    def _count(self, text: str) -> int:
        return len(self._encoding.encode_ordinary(text))


def _common_head(texts: Sequence[str]) -> str:
    """The longest beginning of all texts that ends at a seam in each of them."""
    if len(texts) < 2:
        return ""
    common = os.path.commonprefix(texts)  # noqa: RUF071 - of characters, as is meant here
    seams = [seam.start() for seam in _SEAM.finditer(common)]
    return common[: seams[-1]] if seams else ""


def _common_tail(texts: Sequence[str]) -> str:
    """The longest end of all texts, up to a limit, that begins at a seam in each of them."""
    if len(texts) < 2:
        return ""
    backwards = [text[: -_MAX_AT_END - 1 : -1] for text in texts]
    common = os.path.commonprefix(backwards)[::-1]  # noqa: RUF071 - of characters, as is meant here
    seam = _SEAM.search(common)
    return common[seam.start() :] if seam else ""
