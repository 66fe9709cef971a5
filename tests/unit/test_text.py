"""Foreign text on its way out: whatever it holds, what is shown acts on no terminal, page or mail."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.errors import RftError, RunNotFound
from rft.text import bounded, first_items, html_text, log_json, subject_line, text_block, text_line

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=300)
PREPENDED = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Arabic and Syriac number signs: of the category of invisible characters, but with a shape of their own."""
UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def unsafe_in(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in UNSAFE} - PREPENDED


@given(ANY_TEXT)
def test_a_line_escapes_control_characters_idempotently(text: str) -> None:
    line = text_line(text, 100)
    assert not unsafe_in(line)
    assert len(line) <= 100
    assert text_line(line, 100) == line
    line.encode()


@given(ANY_TEXT)
def test_a_block_escapes_control_characters_except_newlines(text: str) -> None:
    block = text_block(text)
    assert unsafe_in(block) <= {"\n"}
    assert text_block(block) == block


@given(ANY_TEXT)
def test_a_subject_is_one_that_sns_accepts(text: str) -> None:
    subject = subject_line(f"RFT {text}")
    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) <= 100


def test_every_invisible_character_is_escaped() -> None:
    everything = "".join(map(chr, range(0x110000)))
    assert not unsafe_in(text_line(everything, limit=20_000_000))


def test_harmless_text_is_unchanged() -> None:
    plain = "naïve 日本語 عربى 😀 [bold] <b> \\ quotes – "
    assert text_line(plain) == plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2J", r"a\x1b[2J"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\u202eabc", r"\u202eabc"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("\x9b", r"\x9b"),
    ],
)
def test_escapes_match_python(text: str, shown: str) -> None:
    assert text_line(text) == shown


def test_a_cut_text_states_the_omitted_length() -> None:
    assert text_line("x" * 1_000_000, 50) == "x" * 20 + " … (999,980 more characters)"


def test_markup_is_escaped_in_html() -> None:
    assert html_text("<img src=x onerror='a'>\u202e\"&") == "&lt;img src=x onerror=&#x27;a&#x27;&gt;\\u202e&quot;&amp;"


def test_a_long_list_says_how_many_more_there_are() -> None:
    shown = first_items([f"{n}" for n in range(4_500)], 50)
    assert len(shown) == 50
    assert shown[-1] == "… and 4,451 more"
    assert first_items(shown, 50) == shown


def test_a_message_is_bounded_at_any_nesting_depth() -> None:
    message = bounded({"a\n": [{"b": "x" * 100}] * 100, "n": 1, "none": None}, limit=60, items=3)
    assert list(message) == [r"a\n", "n", "none"]
    assert message[r"a\n"][-1] == "… and 98 more"
    assert len(message[r"a\n"][0]["b"]) <= 60


def test_a_log_line_is_ascii() -> None:
    line = log_json({"message": "\u202e\x1b\n\ud800ü"})
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == "\\u202e\\x1b\n\\ud800ü"


def test_an_error_can_be_sent_whatever_its_message_quotes() -> None:
    error: RftError = RunNotFound("\ud800\x1b" + "x" * 1_000_000)
    str(error).encode()
    assert len(str(error)) <= 8_000
