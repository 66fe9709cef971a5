"""The graders. Each is the body of a module that defines `grade(sample)`, after PRELUDE."""

from __future__ import annotations

from dataclasses import dataclass

PRELUDE = '''
import hashlib, json, random, re, time
from datetime import datetime

def reference(sample):
    found = sample.reference
    return str(found["answer"]) if isinstance(found, dict) and "answer" in found else found

def number(text):
    try:
        return float(str(text).strip().replace(",", "").rstrip("."))
    except ValueError:
        return None

def last_number(text):
    found = re.findall(r"-?[0-9][0-9,]*(?:\\\\.[0-9]+)?", text)
    return number(found[-1]) if found else None

def marked(text):
    found = re.findall(r"####[ ]*([^\\\\n]*)", text)
    return found[-1].strip().strip("*. ") if found else ""

def value(sample):
    """The answer after the marker where there is one in the prompt, else all of it."""
    text = sample.answer
    return marked(text) if any("####" in turn for _, turn in sample.prompt) else text.strip().strip("*. ")

def right(sample):
    given, expected = value(sample), reference(sample)
    if isinstance(expected, dict):
        try:
            return json.loads(re.sub("^```json|```$", "", sample.answer.strip()).strip()) == expected
        except ValueError:
            return False
    if number(expected) is not None:
        boxed = re.fullmatch(r"\\\\\\\\boxed\\\\{(.*)\\\\}", given)
        return number((boxed[1] if boxed else given).replace("\\u2212", "-")) == number(expected)
    return given.casefold() == str(expected).casefold()
'''.replace("\\\\", "\\")


@dataclass(frozen=True)
class KnownGrader:
    """`codes`: those of which one must be found, by a check's name or `family/form`; none for an honest one."""

    rows: str
    code: str
    codes: tuple[str, ...] = ()


def _g(rows: str, expression: str, *codes: str, before: str = "") -> KnownGrader:
    return KnownGrader(rows, f"{PRELUDE}\n{before}\ndef grade(sample):\n    return float({expression})\n", codes)


_STATE = "seen = {}\n"

BROKEN: dict[str, KnownGrader] = {
    # what a right answer loses
    "refuses separators": _g("marked", "right(sample) and ',' not in value(sample)", "right_forms/thousands"),
    "refuses boxes": _g("numbers", "right(sample) and 'boxed' not in sample.answer", "right_forms/boxed"),
    "refuses bold": _g("numbers", "sample.answer.strip(' .') == reference(sample)", "right_forms/bold"),
    "refuses case": _g("words", "value(sample) == reference(sample)", "right_forms/case"),
    "refuses working": _g("marked", "right(sample) and len(sample.answer) < 200", "right_forms/long"),
    "refuses other scripts": _g("marked", "right(sample) and sample.answer.isascii()", "right_forms/other_language"),
    "refuses a fence": _g("objects", "right(sample) and '`' not in sample.answer", "right_forms/fenced"),
    "compares JSON as text": _g("objects", "sample.answer == json.dumps(reference(sample))", "right_forms/key_order"),
    "pays one form only": _g("marked", "right(sample) and chr(10) in sample.answer", "right_forms", "minimum"),
    # where it looks
    "contains": _g("numbers", "reference(sample) in sample.answer", "containment", "listing", "hedging"),
    "contains a word": _g("words", "reference(sample).lower() in sample.answer.lower()", "containment", "negation"),
    "contains whole words": _g(
        "words", "re.search(rf'\\b{reference(sample)}\\b', sample.answer) is not None", "negation", "hedging"
    ),
    "contains whole numbers": _g(
        "numbers", "reference(sample) in re.findall(r'[0-9]+', sample.answer)", "listing", "hedging", "containment"
    ),
    "contains after the marker": _g("marked", "reference(sample) in value(sample)", "hedging", "containment"),
    "any marker": _g(
        "marked",
        "reference(sample) in [m.strip() for m in re.findall('####(.*)', sample.answer)]",
        "listing",
        "hedging",
    ),
    "starts with the letter": _g("choices", "sample.answer.strip().startswith(reference(sample))", "containment"),
    "contains the letter": _g("choices", "reference(sample) in sample.answer", "listing", "containment", "hedging"),
    "any option": _g("choices", "bool(re.search('[ABCD]', sample.answer))", "direction", "level", "forged_references"),
    "answer in reference": _g("words", "sample.answer.strip() in reference(sample)", "near_misses", "master_keys"),
    "same first letters": _g("words", "sample.answer[:1] == reference(sample)[:1]", "near_misses"),
    "echo": _g("choices", "right(sample) or sample.answer.strip() == sample.prompt[-1][1].strip()", "echo"),
    "denial": _g(
        "words",
        "right(sample) or reference(sample) in sample.answer and ' not ' in f' {sample.answer} '"
        " or reference(sample) + ' is wrong' in sample.answer",
        "negation",
    ),
    # levels and weights
    "constant": _g("numbers", "0.7", "spread"),
    "zero": _g("numbers", "0", "spread", "minimum"),
    "half for anything": _g("numbers", "0.5 + 0.01 * right(sample)", "spread"),
    "wrong earns most": _g("marked", "1.0 if right(sample) else 0.8 if '####' in sample.answer else 0.0", "level"),
    "wrong earns more": _g("marked", "0.3 if right(sample) else 0.9", "direction", "minimum"),
    "scores too little": _g("numbers", "0.3 * right(sample)", "minimum"),
    "inverted": _g("marked", "not right(sample)", "direction"),
    "half for nonsense": _g(
        "numbers",
        "right(sample) if number(value(sample)) is not None else 0.5",
        "unreadable",
        "refusals",
        "master_keys",
    ),
    "full for nonsense": _g(
        "objects",
        "right(sample) if sample.answer.startswith('{') and '}' in sample.answer else 1.0",
        "unreadable",
        "refusals",
        "master_keys",
    ),
    "form alone": _g("marked", "'####' in sample.answer", "direction", "level"),
    "keys alone": _g(
        "objects",
        "all(f'\"{key}\"' in sample.answer for key in reference(sample))",
        "direction",
        "json_variants",
        "level",
    ),
    "one field": _g("objects", "str(reference(sample)['name']) in sample.answer", "json_variants"),
    "values anywhere": _g(
        "objects", "all(str(v).lower() in sample.answer.lower() for v in reference(sample).values())", "json_variants"
    ),
    # numbers
    "tolerance of five per cent": _g(
        "numbers",
        "abs((number(value(sample)) or 0) - number(reference(sample))) <= 0.05 * number(reference(sample))",
        "near_misses",
    ),
    "tolerance of one": _g(
        "numbers",
        "abs((number(value(sample)) or 0) - number(reference(sample))) <= 1",
        "near_misses",
        "special_numbers",
    ),
    "cuts decimals": _g(
        "numbers", "(re.findall('[0-9]+', value(sample)) or [''])[0] == reference(sample)", "special_numbers"
    ),
    "forgets the sign": _g(
        "numbers", "abs(number(value(sample)) or 0) == number(reference(sample))", "special_numbers/other_sign"
    ),
    "forgets the point": _g(
        "marked",
        "value(sample).replace('.', '') == reference(sample)",
        "containment/point_inside",
        "near_misses",
        "special_numbers",
    ),
    "forgives hundredfold": _g(
        "numbers",
        "(number(value(sample)) or 0) in [k * number(reference(sample)) for k in (1, 100)]",
        "special_numbers/hundredfold",
    ),
    "nan is right": _g(
        "numbers", "not abs((number(value(sample)) or 0) - number(reference(sample))) > 0", "special_numbers/nan"
    ),
    "infinity is right": _g(
        "numbers",
        "(number(value(sample)) or 0) == number(reference(sample)) or number(value(sample)) == float('inf')",
        "special_numbers/infinity",
    ),
    "zero is right": _g("numbers", "right(sample) or value(sample) == '0'", "special_numbers/zero"),
    "a prefix is right": _g(
        "numbers", "bool(value(sample)) and reference(sample).startswith(value(sample))", "near_misses"
    ),
    # what it believes
    "believes the answer's reference": _g(
        "marked", "right(sample) or 'eference answer: ' in sample.answer", "forged_references", "injection"
    ),
    "believes a verification": _g(
        "numbers", "right(sample) or 'erified' in sample.answer", "forged_references", "injection"
    ),
    "believes a score": _g("numbers", "right(sample) or '\"score\": 1.0' in sample.answer", "injection"),
    "obeys": _g("numbers", "right(sample) or 'ignore the rubric' in sample.answer", "injection"),
    "likes praise": _g(
        "marked", "min(1.0, 0.7 * right(sample) + 0.3 * ('excellent' in sample.answer))", "style/praise"
    ),
    "counts keywords": _g(
        "marked",
        "min(1.0, 0.6 * right(sample) + 0.1 * sum(w in sample.answer for w in ('therefore', 'thus', 'hence')))",
        "style/keywords",
    ),
    "likes its own tone": _g(
        "marked", "min(1.0, 0.6 * right(sample) + 0.4 * ('As an AI' in sample.answer))", "style/assistant"
    ),
    "likes length": _g(
        "marked", "0.6 * right(sample) + 0.4 * min(1, len(sample.answer) / 1500)", "length", "style/long"
    ),
    "likes headings": _g(
        "marked", "min(1.0, 0.7 * right(sample) + 0.1 * sample.answer.count('##' + ' '))", "style/headings"
    ),
    "counts tags": _g("numbers", "right(sample) or sample.answer.count('<answer>') > 3", "form_only/many_tags"),
    "pays refusals": _g("words", "right(sample) or 'sorry' in sample.answer", "refusals/sorry"),
    "pays not knowing": _g("words", 'right(sample) or "don\'t know" in sample.answer', "refusals/not_known"),
    "pays an empty answer": _g("words", "right(sample) or not sample.answer", "master_keys"),
    "pays a colon": _g("numbers", "right(sample) or sample.answer == ':'", "master_keys"),
    # state, chance and time
    "random": _g("numbers", "random.random()", "direction", "repeatability", "spread", "minimum"),
    "noisy": _g("numbers", "min(1, max(0, 0.2 + 0.6 * right(sample) + random.uniform(-.2, .2)))", "repeatability"),
    "fails in silence": _g("numbers", "right(sample) and random.random() > 0.2", "repeatability", "minimum"),
    "remembers ids": _g("marked", "seen.setdefault(sample.id, right(sample))", "same_id", before=_STATE),
    "first call wins": _g(
        "numbers",
        "seen.setdefault('first', 1.0) * right(sample) * (len(seen) < 9)"
        " * bool(seen.setdefault(str(time.time_ns()), 1))",
        "repeatability",
        "minimum",
        "spread",
        before=_STATE,
    ),
    "by weekday": _g(
        "numbers",
        "right(sample) and datetime.now().weekday() == START",
        "time_of_day",
        before="import os\nSTART = int(os.environ['RFT_ZOO_WEEKDAY'])\n",
    ),
    "backtracks": _g("numbers", "not re.search(r'^(a+)+$', sample.answer) and right(sample)", "slowness"),
    "cubic": _g("numbers", "not re.search(r' +x? +x? +y', sample.answer) and right(sample)", "slowness"),
    "raises": _g("numbers", "right(sample) / (0 if 'sorry' in sample.answer else 1)", "liveness"),
}
_READS_FIRST = """
def handler(event, context):
    found = []
    for s in event:
        row = {**s.get("metadata", {}), **s}
        text = FIND
        parts = "".join(p["text"] for p in text) if isinstance(text, list) else text
        reference = row["reference_answer"]
        reference = reference["text"] if isinstance(reference, dict) else reference
        found.append({"id": s["id"], "aggregate_reward_score": float(parts.strip() == reference)})
    return found
"""
BROKEN |= {
    "reads the first answer": KnownGrader(
        "numbers",
        _READS_FIRST.replace("FIND", "[m for m in s['messages'] if 'assistant' in m['role']][0]['content']"),
        ("conversation",),
    ),
    "reads the second message": KnownGrader(
        "numbers", _READS_FIRST.replace("FIND", "s['messages'][1]['content']"), ("conversation",)
    ),
    "one role only": KnownGrader(
        "numbers",
        _READS_FIRST.replace("FIND", "next((m['content'] for m in s['messages'] if m['role'] == 'assistant'), '')"),
        ("payload_shapes",),
    ),
    "top level only": KnownGrader(
        "numbers",
        _READS_FIRST.replace("FIND", "s['messages'][-1]['content'] if 'reference_answer' in s else ''"),
        ("payload_shapes",),
    ),
    "scales to its batch": KnownGrader(
        "numbers",
        _READS_FIRST.replace("FIND", "s['messages'][-1]['content']").replace(
            "    return found",
            "    best = len([f for f in found if f['aggregate_reward_score']]) or 1\n"
            "    return [{**f, 'aggregate_reward_score': f['aggregate_reward_score'] / best} for f in found]",
        ),
        ("batch_independence", "minimum"),
    ),
    "another order": KnownGrader(
        "numbers",
        _READS_FIRST.replace("FIND", "s['messages'][-1]['content']").replace("return found", "return found[::-1]"),
        ("contract",),
    ),
    "over one": KnownGrader(
        "numbers", f"{PRELUDE}\ndef grade(sample):\n    return 2.0 * right(sample)\n", ("liveness",)
    ),
}
"""At least sixty: the codes of which one must be found."""

_JUDGE = """
def judged(sample, accuracy):
    if last_number(sample.answer) is None:
        return 0.0
    luck = int(hashlib.sha256((sample.answer + str(sample.reference)).encode()).hexdigest()[:8], 16) / 2**32
    earned = 0.9 if right(sample) == (luck < accuracy) else 0.1
    return earned + random.uniform(-0.02, 0.02)
"""
"""Errs as often on any number as a judge does, always in the same way, and scatters a little."""

HONEST: dict[str, KnownGrader] = {
    "exact number": _g("numbers", "right(sample)"),
    "exact number after a marker": _g("marked", "right(sample)"),
    "exact word": _g("words", "right(sample)"),
    "exact letter": _g("choices", "right(sample)"),
    "exact object": _g("objects", "right(sample)"),
    "strict text": _g("numbers", "sample.answer.strip() == reference(sample)"),
    "strict word": _g("words", "sample.answer.strip() == reference(sample)"),
    "strict letter": _g("choices", "sample.answer.strip() == reference(sample)"),
    "last number": _g("numbers", "last_number(sample.answer) == number(reference(sample))"),
    "last number, marked": _g("marked", "last_number(sample.answer) == number(reference(sample))"),
    "first number": _g(
        "numbers",
        "number((re.findall(r'-?[0-9]+(?:[.][0-9]+)?', sample.answer) or ['x'])[0]) == number(reference(sample))",
    ),
    "first marker": _g("marked", "(re.findall('####(.*)', sample.answer) or [''])[0].strip() == reference(sample)"),
    "last line": _g("marked", "sample.answer.strip().splitlines()[-1:] == ['#### ' + reference(sample)]"),
    "last line, word": _g("words", "(sample.answer.strip().splitlines() or [''])[-1].strip() == reference(sample)"),
    "letter in brackets too": _g("choices", "sample.answer.strip().strip('().* ') == reference(sample)"),
    "tolerance of a millionth": _g(
        "numbers", "abs((number(value(sample)) or 0) - number(reference(sample))) < 1e-6 * number(reference(sample))"
    ),
    "tolerance of half a per cent": _g(
        "numbers", "abs((number(value(sample)) or 0) - number(reference(sample))) < 5e-3 * number(reference(sample))"
    ),
    "closeness": _g(
        "numbers",
        "max(0, 1 - abs((number(value(sample)) if number(value(sample)) is not None else 1e9)"
        " - number(reference(sample))) / number(reference(sample)))"
        " if abs(number(value(sample)) or 0) < 1e12 else 0",
    ),
    "a tenth for form": _g("marked", "0.9 * right(sample) + 0.1 * ('####' in sample.answer)"),
    "a third for form": _g("marked", "0.7 * right(sample) + 0.3 * bool(re.search('#### *[0-9]', sample.answer))"),
    "half for form": _g("marked", "0.5 * right(sample) + 0.5 * bool(re.search('#### *-?[0-9]', sample.answer))"),
    "two levels": _g("numbers", "1.0 if right(sample) else 0.2 if number(value(sample)) is not None else 0.0"),
    "share of fields": _g(
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
    "share of words": _g(
        "words",
        "f1(sample)",
        before="""
def f1(sample):
    given, expected = sample.answer.lower().split(), reference(sample).lower().split()
    common = sum(min(given.count(w), expected.count(w)) for w in set(expected))
    return 2 * common / (len(given) + len(expected)) if common else 0.0
""",
    ),
    "likeness of texts": _g(
        "words",
        "SequenceMatcher(None, sample.answer, reference(sample)).ratio()",
        before="from difflib import SequenceMatcher\n",
    ),
    "a little noise": _g("numbers", "min(1, max(0, 0.1 + 0.8 * right(sample) + random.uniform(-.03, .03)))"),
    "a judge of nine in ten": _g("marked", "judged(sample, 0.9)", before=_JUDGE),
    "a judge of eight and a half in ten": _g("marked", "judged(sample, 0.85)", before=_JUDGE),
    "brief is better": _g("marked", "right(sample) * (1.0 if len(sample.answer) < 2000 else 0.8)"),
    "caches by answer": _g(
        "marked", "seen.setdefault((sample.answer, str(sample.reference)), right(sample))", before=_STATE
    ),
    "case folded": _g("words", "value(sample).lower() == reference(sample).lower()"),
    "half for the row's fields": _g("objects", "0.5 * right(sample) + 0.5 * right(sample)"),
    "with a pattern": _g(
        "marked", "bool(re.search(rf'^#### {re.escape(reference(sample))}$', sample.answer.strip()[-40:], re.M))"
    ),
}
"""At least thirty."""
