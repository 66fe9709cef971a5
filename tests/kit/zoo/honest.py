"""Honest graders, which must not be blocked."""

from __future__ import annotations

from tests.kit.zoo.graders import STATE, KnownGrader, rule

_JUDGE = """
def judged(sample, accuracy):
    if last_number(sample.answer) is None:
        return 0.0
    luck = int(hashlib.sha256((sample.answer + str(sample.reference)).encode()).hexdigest()[:8], 16) / 2**32
    earned = 0.9 if right(sample) == (luck < accuracy) else 0.1
    return earned + random.uniform(-0.02, 0.02)
"""
"""Source of a simulated judge: deterministic errors at a given rate on any number, plus small noise."""

_LIKENESS = """
from difflib import SequenceMatcher

def alike(one, other, share):
    return SequenceMatcher(None, one.lower(), other.lower()).ratio() > share
"""
_ITEMS = "def items(text):\n    return frozenset(each.strip().lower() for each in text.split(','))\n"
_LUCK = """
def luck(sample):
    return int(hashlib.sha256((sample.answer + str(sample.reference)).encode()).hexdigest()[:8], 16) / 2**32
"""

HONEST: dict[str, KnownGrader] = {
    "exact number": rule("numbers", "right(sample)"),
    "exact number after a marker": rule("marked", "right(sample)"),
    "exact word": rule("words", "right(sample)"),
    "exact letter": rule("choices", "right(sample)"),
    "exact object": rule("objects", "right(sample)"),
    "strict text": rule("numbers", "sample.answer.strip() == reference(sample)"),
    "strict word": rule("words", "sample.answer.strip() == reference(sample)"),
    "strict letter": rule("choices", "sample.answer.strip() == reference(sample)"),
    "last number": rule("numbers", "last_number(sample.answer) == number(reference(sample))"),
    "last number, marked": rule("marked", "last_number(sample.answer) == number(reference(sample))"),
    "first number": rule(
        "numbers",
        "number((re.findall(r'-?[0-9]+(?:[.][0-9]+)?', sample.answer) or ['x'])[0]) == number(reference(sample))",
    ),
    "first marker": rule("marked", "(re.findall('####(.*)', sample.answer) or [''])[0].strip() == reference(sample)"),
    "last line": rule("marked", "sample.answer.strip().splitlines()[-1:] == ['#### ' + reference(sample)]"),
    "last line, word": rule("words", "(sample.answer.strip().splitlines() or [''])[-1].strip() == reference(sample)"),
    "letter in brackets too": rule("choices", "sample.answer.strip().strip('().* ') == reference(sample)"),
    "tolerance of a millionth": rule(
        "numbers", "abs((number(value(sample)) or 0) - number(reference(sample))) < 1e-6 * number(reference(sample))"
    ),
    "tolerance of half a per cent": rule(
        "numbers", "abs((number(value(sample)) or 0) - number(reference(sample))) < 5e-3 * number(reference(sample))"
    ),
    "closeness": rule(
        "numbers",
        "max(0, 1 - abs((number(value(sample)) if number(value(sample)) is not None else 1e9)"
        " - number(reference(sample))) / number(reference(sample)))"
        " if abs(number(value(sample)) or 0) < 1e12 else 0",
    ),
    "a tenth for form": rule("marked", "0.9 * right(sample) + 0.1 * ('####' in sample.answer)"),
    "a third for form": rule("marked", "0.7 * right(sample) + 0.3 * bool(re.search('#### *[0-9]', sample.answer))"),
    "half for form": rule("marked", "0.5 * right(sample) + 0.5 * bool(re.search('#### *-?[0-9]', sample.answer))"),
    "two levels": rule("numbers", "1.0 if right(sample) else 0.2 if number(value(sample)) is not None else 0.0"),
    "share of fields": rule(
        "objects",
        "share(sample)",
        before="""
def share(sample):
    try:
        given = json.loads(sample.answer)
    except ValueError:
        return 0.0
    expected = reference(sample)
    return sum(given.get(k) == v for k, v in expected.items()) / len(expected) if isinstance(given, dict) else 0.0
""",
    ),
    "share of words": rule(
        "words",
        "f1(sample)",
        before="""
def f1(sample):
    given, expected = sample.answer.lower().split(), reference(sample).lower().split()
    common = sum(min(given.count(w), expected.count(w)) for w in set(expected))
    return 2 * common / (len(given) + len(expected)) if common else 0.0
""",
    ),
    "likeness of texts": rule(
        "words",
        "SequenceMatcher(None, sample.answer, reference(sample)).ratio()",
        before="from difflib import SequenceMatcher\n",
    ),
    "a little noise": rule("numbers", "min(1, max(0, 0.1 + 0.8 * right(sample) + random.uniform(-.03, .03)))"),
    "a judge of nine in ten": rule("marked", "judged(sample, 0.9)", before=_JUDGE),
    "a judge of eight and a half in ten": rule("marked", "judged(sample, 0.85)", before=_JUDGE),
    "brief is better": rule("marked", "right(sample) * (1.0 if len(sample.answer) < 2000 else 0.8)"),
    "caches by answer": rule(
        "marked", "seen.setdefault((sample.answer, str(sample.reference)), right(sample))", before=STATE
    ),
    "case folded": rule("words", "value(sample).lower() == reference(sample).lower()"),
    "half for the row's fields": rule("objects", "0.5 * right(sample) + 0.5 * right(sample)"),
    "with a pattern": rule(
        "marked", "bool(re.search(rf'^#### {re.escape(reference(sample))}$', sample.answer.strip()[-40:], re.M))"
    ),
    "exact name": rule("people", "right(sample)"),
    "a letter or two of a name": rule("people", "alike(value(sample), reference(sample), 0.85)", before=_LIKENESS),
    "exact identifier": rule("identifiers", "value(sample) == reference(sample)"),
    "exact date": rule("dates", "value(sample) == reference(sample)"),
    "items in any order": rule("lists", "items(value(sample)) == items(reference(sample))", before=_ITEMS),
    "share of items": rule(
        "lists",
        "len(items(value(sample)) & items(reference(sample))) / len(items(value(sample)) | items(reference(sample)))",
        before=_ITEMS,
    ),
    "a mass with its unit": rule("masses", "value(sample) == reference(sample)"),
    "the number of a mass": rule(
        "masses", "number(value(sample).removesuffix('kg')) == number(reference(sample).removesuffix('kg'))"
    ),
    "a percentage": rule("percentages", "number(value(sample).rstrip('%')) == number(reference(sample)[:-1])"),
    "share of a text's words": rule(
        "texts",
        "len(words(sample.answer) & words(reference(sample))) / len(words(sample.answer) | words(reference(sample)))",
        before="def words(text):\n    return set(re.findall('[a-z]+', text.lower()))\n",
    ),
    "a judge that errs on anything": rule(
        "texts",
        "(sample.answer.strip() == reference(sample)) == (luck(sample) < 0.88)",
        before=_LUCK,
    ),
}
"""Honest graders by name; at least 30."""
