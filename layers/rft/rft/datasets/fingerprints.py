"""Extracts from each row small, text-free features for the checks of prompts and references.

This part of profiling runs in any number of processes.
"""

from __future__ import annotations

import hashlib
import json
import os
import string
import unicodedata
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from rft.datasets.duplicates import common, shingles, signature

DIGEST_BYTES = 16
_LATIN = "latin"
_NO_LETTERS = bytes(sorted(set(range(128)) - set(string.ascii_letters.encode())))


class RowFingerprint(NamedTuple):
    """Features of one row.

    `prompt` and `reference` are digests, `minhash` is the prompt's signature (None without words of its own). `scripts`
    counts letters of the prompt by writing system, excluding the template.
    """

    task_id: str
    prompt: bytes
    minhash: array[int] | None
    scripts: Counter[str]
    reference: bytes
    reference_blank: bool


@dataclass(frozen=True)
class PromptTemplate:
    """Wording shared by a task's prompts: the common prefix, and the shingles that most of them have."""

    head: str
    shingles: frozenset[int]

    @classmethod
    def of(cls, bodies: Sequence[bytes]) -> PromptTemplate:
        """Estimated from rows as JSON; a few hundred suffice."""
        prompts = [_prompt(json.loads(body)) for body in bodies]
        head = _head(prompts)
        return cls(head, common(prompt[len(head) :] for prompt in prompts))


@dataclass(frozen=True)
class FingerprintReader:
    """Reads batches of rows; `template` is excluded from comparisons."""

    template: PromptTemplate

    def __call__(self, rows: Sequence[tuple[str, bytes]]) -> list[RowFingerprint]:
        """Takes rows as JSON with names, which identify rows without a task_id."""
        return [self._fingerprint(name, json.loads(body)) for name, body in rows]

    def _fingerprint(self, name: str, row: Mapping[str, Any]) -> RowFingerprint:
        prompt, reference = _prompt(row), row.get("reference_answer")
        own = prompt.removeprefix(self.template.head)
        return RowFingerprint(
            task_id=str(row.get("task_id", name)),
            prompt=_digest(prompt),
            minhash=signature(shingles(own) - self.template.shingles),
            scripts=_letters(own),
            reference=_digest(json.dumps(reference, sort_keys=True)),
            reference_blank=_blank(reference),
        )


def _head(prompts: Sequence[str]) -> str:
    """The common prefix in whole words; '' if a prompt consists of nothing else."""
    shared = os.path.commonprefix(prompts)  # noqa: RUF071 - characters, not words
    head = shared[: len(shared) - len(shared.split(" ")[-1])]
    return "" if any(prompt == shared for prompt in prompts) else head


def _prompt(row: Mapping[str, Any]) -> str:
    return "\n".join(message.get("content", "") for message in row["messages"])


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def _blank(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(map(_blank, value.values()))
    return value is None or (isinstance(value, str) and not value.strip())


def _letters(text: str) -> Counter[str]:
    """Letters by writing system."""
    # ASCII letters are counted in bulk for speed.
    ascii_letters = len(text.encode("ascii", "ignore").translate(None, _NO_LETTERS))
    counts = Counter({_LATIN: ascii_letters} if ascii_letters else {})
    if not text.isascii():
        for character in text:
            if character > "\x7f" and (script := _script(character)):
                counts[script] += 1
    return counts


@cache
def _script(character: str) -> str:
    """The writing system, by the first word of the letter's Unicode name; '' for other characters."""
    return unicodedata.name(character, "").split(" ")[0].lower() if character.isalpha() else ""
