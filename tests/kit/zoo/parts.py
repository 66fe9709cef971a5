"""Broken graders that compare a part of the value: of names, dates, lists, fields, units, spellings and texts."""

from __future__ import annotations

from tests.kit.zoo.graders import KnownGrader, rule

_ITEMS = "def items(text):\n    return [each.strip().lower() for each in text.split(',')]\n"
_OBJECT = """
def fields(sample):
    try:
        given = json.loads(sample.answer)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}
"""
_LIKENESS = "from difflib import SequenceMatcher\n"

PARTS: dict[str, KnownGrader] = {
    "the last name": rule("people", "value(sample).split()[-1:] == reference(sample).split()[-1:]", "near_misses"),
    "the first name": rule("people", "value(sample).split()[:1] == reference(sample).split()[:1]", "near_misses"),
    "text after the name": rule("people", "value(sample).startswith(reference(sample))", "containment/word_goes_on"),
    "text before the name": rule("people", "value(sample).endswith(reference(sample))", "containment/word_at_end"),
    "alike by 60 %": rule(
        "people",
        "SequenceMatcher(None, value(sample), reference(sample)).ratio() > 0.6",
        "near_misses/third_of_letters",
        before=_LIKENESS,
    ),
    "forgets case": rule("identifiers", "value(sample).lower() == reference(sample).lower()", "near_misses/other_case"),
    "the year": rule("dates", "value(sample)[:4] == reference(sample)[:4]", "near_misses/other_month"),
    "year and month": rule("dates", "value(sample)[:7] == reference(sample)[:7]", "near_misses/other_day"),
    "parts of a date in any order": rule(
        "dates", "sorted(value(sample).split('-')) == sorted(reference(sample).split('-'))", "near_misses/parts_swapped"
    ),
    "all but the last item": rule(
        "lists",
        "items(value(sample))[:2] == items(reference(sample))[:2]",
        "near_misses/last_item_missing",
        before=_ITEMS,
    ),
    "all but the first item": rule(
        "lists",
        "items(value(sample))[-2:] == items(reference(sample))[-2:]",
        "near_misses/first_item_missing",
        before=_ITEMS,
    ),
    "more items": rule(
        "lists",
        "set(items(value(sample))) >= set(items(reference(sample)))",
        "near_misses/item_more",
        before=_ITEMS,
    ),
    "fewer items": rule(
        "lists",
        "set(items(value(sample))) <= set(items(reference(sample)))",
        "near_misses/last_item_missing",
        before=_ITEMS,
    ),
    "forgets the unit": rule(
        "masses",
        "number(value(sample).rstrip('kmg ')) == number(reference(sample).rstrip('kg '))",
        "near_misses/other_unit",
    ),
    "a fraction for a percentage": rule(
        "percentages",
        "(number(value(sample).rstrip('%')) or 0) in [k * number(reference(sample)[:-1]) for k in (1, 0.01)]",
        "special_numbers/hundredth_percent",
    ),
    "two fields of three": rule(
        "objects",
        "all(fields(sample).get(key) == reference(sample)[key] for key in ('name', 'open'))",
        "near_misses/field_2",
        before=_OBJECT,
    ),
    "fields that are there": rule(
        "objects",
        "bool(fields(sample)) and all(reference(sample).get(k) == v for k, v in fields(sample).items())",
        "near_misses/field_missing",
        before=_OBJECT,
    ),
    "numbers that are true": rule(
        "objects",
        "[bool(v) for v in fields(sample).values()] == [bool(v) for v in reference(sample).values()]",
        "near_misses/field_2",
        before=_OBJECT,
    ),
    "any order of digits": rule(
        "numbers", "sorted(value(sample)) == sorted(reference(sample))", "near_misses/digits_swapped"
    ),
    "raised digits": rule(
        "numbers",
        "unicodedata.normalize('NFKC', value(sample)) == reference(sample)",
        "special_numbers/superscript",
        before="import unicodedata\n",
    ),
    "the first number of the working": rule(
        "unproved",
        "number((re.findall(r'[0-9.]+', sample.answer) or ['x'])[0]) == number(reference(sample))",
        "right_forms/numbers_before",
    ),
    "words in any order": rule(
        "texts",
        "len(set(reference(sample).split()) & set(sample.answer.split())) / len(set(reference(sample).split()))",
        "containment/words_among_others",
    ),
    "length of what is right": rule(
        "unproved", "right(sample) * min(1, 0.5 + len(sample.answer) / 400)", "length", "minimum"
    ),
    "likes formulas": rule("marked", "min(1, 0.6 * right(sample) + 0.4 * ('$' in sample.answer))", "style/formulas"),
    "likes code": rule("marked", "min(1, 0.6 * right(sample) + 0.4 * ('```' in sample.answer))", "style/code"),
}
