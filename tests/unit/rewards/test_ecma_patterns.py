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
        (r"^\u{1F600}$", ["\U0001f600"], ["u"]),
        (r"^[\u{4E00}-\u{9FFF}]{2}$", ["\u6f22\u5b57"], ["ab"]),
        (r"^(?<y>\d)\k<y>$", ["11"], ["12"]),
        (r"^\cJ$", ["\n"], ["J"]),
        (r"^[^]$", ["a", "\n", "]"], ["ab"]),
        (r"^[]$", [], ["", "a", "]"]),
        (r"^[[]$", ["["], ["a"]),
        (r"^[a[]]$", ["a]", "[]"], ["a", "["]),
        (r"^\d{4}-\d{2}$", ["2026-11"], ["2026-11\n", f"2026-{ARABIC_DIGITS}"]),
    ],
)
def test_classes_are_ascii_and_an_end_anchor_matches_only_at_the_end(
    pattern: str, yes: list[str], no: list[str]
) -> None:
    assert [text for text in yes if not matches(pattern, text)] == []
    assert [text for text in no if matches(pattern, text)] == []


@given(st.sampled_from("dDwW"), st.characters(exclude_categories=["Cs"]), st.booleans())
def test_a_class_matches_the_characters_of_the_ascii_class(name: str, character: str, inside: bool) -> None:
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


@given(st.integers(0, 0x10FFFF).filter(lambda number: not 0xD800 <= number <= 0xDFFF))
def test_a_character_by_its_number_is_that_character_alone(number: int) -> None:
    assert matches(f"^\\u{{{number:x}}}$", chr(number))
    assert not matches(f"^\\u{{{number:X}}}$", chr(number) * 2)
