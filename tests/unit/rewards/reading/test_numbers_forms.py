"""Numbers in all forms, generated: what is written is read back."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.rewards.reading.numbers import plain_digits, read_number
from tests.kit.read_numbers import value

decimals = st.builds(lambda n, places: Fraction(n, 10**places), st.integers(-(10**12), 10**12), st.integers(0, 6))


def test_a_number_in_digits_is_read() -> None:
    assert [plain_digits(Fraction(x)) for x in ("72", "-0.25", "1e6", "1/3", "-7", "0", "0.005")] == [
        *("72", "-0.25", "1000000", "1/3", "-7", "0", "0.005")
    ]


@settings(max_examples=1000)
@given(decimals)
def test_a_formatted_number_is_read_back(number: Fraction) -> None:
    assert value(plain_digits(number)) == number


@settings(max_examples=1000)
@given(
    decimals,
    st.sampled_from(["{}", "{}.", " {} ", "**{}**", "${}", "$ {}", "{} euros", "{} apples per day", "USD {}", "{}€"]),
)
def test_surrounding_marks_do_not_change_a_number(number: Fraction, form: str) -> None:
    text = plain_digits(abs(number))
    assert value(form.format(text)) == abs(number) or (form == "{}." and "." in text)


@settings(max_examples=1000)
@given(st.integers(-(10**15), 10**15), st.integers(0, 9999))
def test_groups_of_thousands_are_read_in_all_their_forms(whole: int, cents: int) -> None:
    expected = abs(whole) + Fraction(cents, 10_000)
    grouped = f"{abs(whole):,}.{cents:04d}"
    assert value(grouped) == value(grouped.replace(",", " ")) == value(grouped.replace(",", "\u00a0")) == expected
    assert value(f"-{grouped}") == value(f"({grouped})") == value(f"\u2212${grouped}") == -expected


@settings(max_examples=1000)
@given(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(1, 10**4))
def test_fractions_are_exact(whole: int, top: int, bottom: int) -> None:
    assert value(f"{top}/{bottom}") == value(f"{top} / {bottom}") == Fraction(top, bottom)
    mixed = value(f"{whole} {top}/{bottom}")
    assert mixed == (whole + Fraction(top, bottom) if top < bottom else None)


@settings(max_examples=1000)
@given(
    decimals,
    decimals,
    st.sampled_from([" ", ", ", " or ", " and ", "; ", " / ", "|", " to ", " (", " = ", "\t", " - "]),
)
def test_two_numbers_are_never_read_as_one_of_them(first: Fraction, second: Fraction, between: str) -> None:
    """A hedge must not win. What may be read is one number that both make: 1 1/2, 3 / 4, or groups of thousands."""
    read = value(f"{plain_digits(first)}{between}{plain_digits(second)}")
    assert read is None or (between in {" ", " / ", "\t"} and read not in {first, second}) or second == 1 or first == 0


@settings(max_examples=2000)
@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    read_number(text)
    read_number(text, finance=True)


@settings(max_examples=2000)
@given(st.text(alphabet="0123456789.,-+$%()/ eEkmbn½\u2212*\u00a0", max_size=30))
def test_number_like_text_is_read_with_a_bounded_value(text: str) -> None:
    number = read_number(text, finance=True)
    assert number is None or abs(number.value) < 10**200


@given(decimals, st.sampled_from(["{}:1", "{} : 1", "{} to 1", "{}-to-1"]))
def test_a_ratio_to_one_is_its_number(number: Fraction, form: str) -> None:
    assert value(form.format(plain_digits(abs(number)))) == abs(number)


@given(st.integers(1, 999), st.integers(0, 99), st.integers(-20, 20))
def test_a_power_of_ten_is_as_the_exponent(whole: int, part: int, power: int) -> None:
    forms = (f"{whole}.{part:02d} x 10^{power}", f"{whole}.{part:02d}*10^{{{power}}}", f"{whole}.{part:02d}e{power}")
    assert len({value(form) for form in forms}) == 1


FULL_WIDTH = {ord(mark): 0xFEE0 + ord(mark) for mark in "0123456789%$,.+/()"}


@given(decimals, st.sampled_from(["{}", "${}", "{}%", "({})"]))
def test_full_width_digits_and_zero_width_spaces_do_not_matter(number: Fraction, form: str) -> None:
    text = form.format(plain_digits(abs(number)))
    assert read_number(text.translate(FULL_WIDTH)) == read_number(text)
    assert read_number("\u200b".join(["", *text, ""])) == read_number(text)


@given(decimals, st.sampled_from(["{}", "${}", "{}%", "{} million"]), st.sampled_from(["", "a ", "the ", "a net "]))
def test_a_word_of_change_counts_the_same_before_a_number_as_behind_it(
    number: Fraction, form: str, article: str
) -> None:
    text = form.format(plain_digits(abs(number)))
    for word in ("loss", "decrease", "fall", "increase", "gain"):
        before, behind = read_number(f"{article}{word} of {text}"), read_number(f"{text} {word}")
        assert before == behind is not None
    for word in ("fell", "down", "rose", "up"):
        assert read_number(f"{word} by {text}") == read_number(f"{word} {text}") == read_number(f"{text} {word}")


@pytest.mark.parametrize(
    "text", ["fell to 5", "a loss from 5", "a loss of 5 or 6", "up 5 down 6", "loss", "not down 5"]
)
def test_words_of_change_with_anything_else_are_no_number(text: str) -> None:
    assert read_number(text) is None
