from __future__ import annotations

from fractions import Fraction

import pytest

from rft.rewards.reading.numbers import MAX_CHARACTERS, read_number
from tests.kit.read_numbers import value


@pytest.mark.parametrize(
    "text",
    [
        "72",
        "72.",
        "72.00",
        "$72",
        "$ 72",
        "72$",
        "72 dollars",
        "USD 72",
        "72 USD",
        "US$72",
        "€72",
        "+72",
        " 72 ",
        "\t72",
        "**72**",
        "**$72.**",
        "`72`",
        "$72$",
        "\\$72",
        "72 clips",
        "72 m²",
        "72 km/h",
        "72 °C",
        "72!",
        "144/2",
        "7.2e1",
        "0.072 thousand",
        "72\xa0",
        "72 : 1",
        "72:1",
        "72 to 1",
        "7.2 x 10^1",
        "7.2 × 10^{1}",
        "7.2 \\times 10^1",
        "$$72$$",
        "$\\frac{144}{2}$",
        "72 ✓",
    ],
)
def test_equivalent_forms_read_as_one_number(text: str) -> None:
    assert value(text) == 72


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.50", "1234.5"),
        ("1 234 567", "1234567"),
        ("1\u202f234", "1234"),
        ("$1,234,567", "1234567"),
        (".5", "0.5"),
        ("-0.4", "-0.4"),
        ("\u22120.4", "-0.4"),
        ("\u20135", "-5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("- 5", "-5"),
        ("3/4", "3/4"),
        ("1 1/2", "3/2"),
        ("-1 1/2", "-3/2"),
        ("1½", "3/2"),
        ("½", "1/2"),
        ("¾ cup", "3/4"),
        ("2 million", "2000000"),
        ("1.2 billion dollars", "1200000000"),
        ("3 hundred", "300"),
        ("1.5 : 1", "1.5"),
        ("minus 3", "-3"),
        ("negative $3.50", "-3.5"),
        ("18{,}000", "18000"),
        ("\\frac12", "1/2"),
        ("2.5*10^-2", "0.025"),
    ],
)
def test_the_value_is_read_exactly(text: str, expected: str) -> None:
    assert value(text) == Fraction(expected)


@pytest.mark.parametrize("text", ["(25)", "($25)", "$(25)", "(25.0)", "( 25 )"])
def test_parentheses_are_negative_as_in_accounts(text: str) -> None:
    assert value(text) == -25


@pytest.mark.parametrize(
    "text", ["50%", "50 %", "50 percent", "50 per cent", "50 Percent of it", "50\\%", "50 percentage points"]
)
def test_a_percent_sign_is_read_separately_from_the_value(text: str) -> None:
    number = read_number(text)
    assert number is not None
    assert (number.value, number.percent) == (Fraction(50), True)


@pytest.mark.parametrize(
    ("text", "in_finance", "elsewhere"),
    [
        ("1.2bn", "1.2e9", "1.2"),
        ("$380M", "380e6", "380e6"),
        ("$2m", "2e6", "2e6"),
        ("2 mm", "2e6", "2"),
        ("7 m", "7e6", "7"),
        ("7 M", "7e6", "7e6"),
        ("5k", "5000", "5000"),
        ("5 b", "5e9", "5"),
    ],
)
def test_abbreviated_scales_need_finance_or_a_currency(text: str, in_finance: str, elsewhere: str) -> None:
    assert value(text, finance=True) == Fraction(in_finance)
    assert value(text) == Fraction(elsewhere)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "$",
        "-",
        ".",
        "()",
        "seventy-two",
        "NaN",
        "nan",
        "inf",
        "-Infinity",
        "None",
        "true",
        "x = 72",
        "= 72",
        "#72",
        "72 or 73",
        "72 and a half",
        "72, 73",
        "72 73",
        "72/",
        "1/0",
        "3 5/2",
        "72 to 73",
        "70-72",
        "72 = 72",
        "8 * 9",
        "8 x 9",
        "1,23",
        "12,34",
        "1,234,5",
        "1.234,56",
        "0,5",
        "72.5.1",
        "--5",
        "-(5)",
        "(5",
        "5)",
        "5%%",
        "1_000",
        "0x48",
        "72²",
        "1e999",
        "1e-999",
        "٧٢",
        "\N{DEVANAGARI DIGIT SEVEN}2",
        "72\n73",
        "72 6 squared",
        "6 squared",
        "7 minus",
        "72 a b c d e",
        "minus -3",
        "3:2",
        "10:30",
        "72:1:1",
        "72 : 10",
        "72 to 1.5",
        "380 , 000",
        "72, 100",
        "72 x 10",
        "1e9 x 10^9",
        "9" * (MAX_CHARACTERS + 1),
        "$" * MAX_CHARACTERS + "1",
    ],
)
def test_text_that_is_not_exactly_one_number_is_none(text: str) -> None:
    assert value(text) is None


DOUBTS = ("about", "approximately", "approx.", "around", "roughly", "maybe", "probably", "at least", "at most")


@pytest.mark.parametrize("finance", [False, True])
@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_hedged_number_is_none_on_either_side(doubt: str, finance: bool) -> None:
    texts = (f"{doubt} 72", f"72 {doubt}", f"72 ({doubt})", f"$72 {doubt}", f"72 dollars ({doubt})")
    assert [text for text in texts if value(text, finance=finance) is not None] == []


@pytest.mark.parametrize("text", ["~72", "~ 72", "≈72", "≈ 72", "72ish", "72?", "±72", ">72", "72+"])
def test_symbols_of_doubt_count_like_words(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize("text", ["25 cents", "25¢", "¢25", "25 cents each", "25 ¢"])
def test_cents_are_recognised(text: str) -> None:
    number = read_number(text)
    assert number is not None
    assert (number.value, number.cents) == (Fraction(25), True)


@pytest.mark.parametrize("text", ["25", "$25", "25 %", "25 per cent", "25 percent"])
def test_other_words_are_not_read_as_cents(text: str) -> None:
    number = read_number(text)
    assert number is not None
    assert not number.cents


def test_the_step_is_one_unit_of_the_last_digit() -> None:
    steps = {text: read_number(text, finance=True) for text in ("72", "0.05", "1.2 million", "3/4")}
    assert [n and n.step for n in steps.values()] == [1, Fraction(1, 100), 100_000, 0]
