"""Patterns of JSON Schema mean what ECMAScript's do."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rewards.patterns import found
from rft.rewards.samples import UngradableSample

ARABIC_DIGITS, FULL_WIDTH = "\u0664\u0662", "\uff14\uff12"


def matches(pattern: str, text: str) -> bool:
    return found(pattern, text, field="pattern", ecma=True)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^\d+$", ["42"], [ARABIC_DIGITS, FULL_WIDTH, "42\n"]),
        (r"^[\d.]+$", ["4.2"], [ARABIC_DIGITS]),
        (r"^\D+$", ["ab", ARABIC_DIGITS], ["a4"]),
        (r"^[\D4]+$", ["a4", ARABIC_DIGITS], ["a5"]),
        (r"^\w+$", ["a_4"], ["\u00e9", ARABIC_DIGITS]),
        (r"^[\w-]+$", ["a-b"], ["\u00e9"]),
        (r"^\W$", ["\u00e9", "-"], ["a"]),
        (r"^[^\w]$", ["\u00e9", "-"], ["a"]),
        (r"^[\W_]$", ["\u00e9", "_"], ["a"]),
        (r"^\s$", [" ", "\u00a0", "\ufeff", "\u3000", "\n"], ["\x1c", "a"]),
        (r"^[\S]$", ["a", "\x1c"], [" ", "\u00a0"]),
        (r"\bcat\b", ["a cat!", "\u00e9cat\u00e9"], ["cats"]),
        (r"^\p{L}+$", ["\u00e9\u4e2d"], ["a1"]),
        (r"^\$\d+$", ["$5"], ["5"]),
        (r"^[$\]]$", ["$", "]"], ["\n"]),
        (r"^\\d$", ["\\d"], ["5"]),
        (r"^\d{4}-\d{2}$", ["2026-11"], ["2026-11\n", f"2026-{ARABIC_DIGITS}"]),
    ],
)
def test_classes_are_ascii_and_the_end_is_the_end(pattern: str, yes: list[str], no: list[str]) -> None:
    assert [text for text in yes if not matches(pattern, text)] == []
    assert [text for text in no if matches(pattern, text)] == []


@given(st.sampled_from("dDwW"), st.characters(exclude_categories=["Cs"]), st.booleans())
def test_a_class_takes_what_the_ascii_class_takes(name: str, character: str, inside: bool) -> None:
    pattern = f"^[\\{name}]$" if inside else f"^\\{name}$"
    assert matches(pattern, character) == bool(re.fullmatch(f"\\{name}", character, re.ASCII))


@given(st.characters(exclude_categories=["Cs"]), st.booleans())
def test_white_space_is_one_class_and_its_opposite(character: str, inside: bool) -> None:
    space, other = (f"^[\\{name}]$" if inside else f"^\\{name}$" for name in "sS")
    assert matches(space, character) != matches(other, character)


@given(st.text(alphabet="ab[]\\dwsDWSbB$^.*+?(){}|-1", max_size=20))
def test_any_pattern_is_used_or_refused(pattern: str) -> None:
    with contextlib.suppress(UngradableSample):
        matches(pattern, "a1 b")
