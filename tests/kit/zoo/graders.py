"""Broken graders. Each is a module source that starts with PRELUDE and defines `grade(sample)`."""

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
    """At least one of `codes` must be found (a check's name or `family/form`); empty for an honest grader."""

    rows: str
    code: str
    codes: tuple[str, ...] = ()


def rule(rows: str, expression: str, *codes: str, before: str = "") -> KnownGrader:
    return KnownGrader(rows, f"{PRELUDE}\n{before}\ndef grade(sample):\n    return float({expression})\n", codes)


STATE = "seen = {}\n"

BROKEN: dict[str, KnownGrader] = {
    # right answers that lose points
    "refuses separators": rule("marked", "right(sample) and ',' not in value(sample)", "right_forms/thousands"),
    "refuses boxes": rule("numbers", "right(sample) and 'boxed' not in sample.answer", "right_forms/boxed"),
    "refuses bold": rule("numbers", "sample.answer.strip(' .') == reference(sample)", "right_forms/bold"),
    "refuses case": rule("words", "value(sample) == reference(sample)", "right_forms/case"),
    "refuses working": rule("marked", "right(sample) and len(sample.answer) < 200", "right_forms/long"),
    "refuses other scripts": rule("marked", "right(sample) and sample.answer.isascii()", "right_forms/other_language"),
    "refuses a fence": rule("objects", "right(sample) and '`' not in sample.answer", "right_forms/fenced"),
    "compares JSON as text": rule("objects", "sample.answer == json.dumps(reference(sample))", "right_forms/key_order"),
    "pays one form only": rule("marked", "right(sample) and chr(10) in sample.answer", "right_forms", "minimum"),
    # parts of the answer that are read
    "contains": rule("numbers", "reference(sample) in sample.answer", "containment", "listing", "hedging"),
    "contains a word": rule("words", "reference(sample).lower() in sample.answer.lower()", "containment", "negation"),
    "contains whole words": rule(
        "words", "re.search(rf'\\b{reference(sample)}\\b', sample.answer) is not None", "negation", "hedging"
    ),
    "contains whole numbers": rule(
        "numbers", "reference(sample) in re.findall(r'[0-9]+', sample.answer)", "listing", "hedging", "containment"
    ),
    "contains after the marker": rule("marked", "reference(sample) in value(sample)", "hedging", "containment"),
    "any marker": rule(
        "marked",
        "reference(sample) in [m.strip() for m in re.findall('####(.*)', sample.answer)]",
        "listing",
        "hedging",
    ),
    "starts with the letter": rule("choices", "sample.answer.strip().startswith(reference(sample))", "containment"),
    "contains the letter": rule("choices", "reference(sample) in sample.answer", "listing", "containment", "hedging"),
    "any option": rule(
        "choices", "bool(re.search('[ABCD]', sample.answer))", "direction", "level", "forged_references"
    ),
    "answer in reference": rule("words", "sample.answer.strip() in reference(sample)", "near_misses", "master_keys"),
    "same first letters": rule("words", "sample.answer[:1] == reference(sample)[:1]", "near_misses"),
    "echo": rule("choices", "right(sample) or sample.answer.strip() == sample.prompt[-1][1].strip()", "echo"),
    "denial": rule(
        "words",
        "right(sample) or reference(sample) in sample.answer and ' not ' in f' {sample.answer} '"
        " or reference(sample) + ' is wrong' in sample.answer",
        "negation",
    ),
    # levels and weights
    "constant": rule("numbers", "0.7", "spread"),
    "zero": rule("numbers", "0", "spread", "minimum"),
    "half for anything": rule("numbers", "0.5 + 0.01 * right(sample)", "spread"),
    "wrong earns most": rule("marked", "1.0 if right(sample) else 0.8 if '####' in sample.answer else 0.0", "level"),
    "wrong earns more": rule("marked", "0.3 if right(sample) else 0.9", "direction", "minimum"),
    "scores too little": rule("numbers", "0.3 * right(sample)", "minimum"),
    "inverted": rule("marked", "not right(sample)", "direction"),
    "half for nonsense": rule(
        "numbers",
        "right(sample) if number(value(sample)) is not None else 0.5",
        "unreadable",
        "refusals",
        "master_keys",
    ),
    "full for nonsense": rule(
        "objects",
        "right(sample) if sample.answer.startswith('{') and '}' in sample.answer else 1.0",
        "unreadable",
        "refusals",
        "master_keys",
    ),
    "form alone": rule("marked", "'####' in sample.answer", "direction", "level"),
    "keys alone": rule(
        "objects",
        "all(f'\"{key}\"' in sample.answer for key in reference(sample))",
        "direction",
        "json_variants",
        "level",
    ),
    "one field": rule("objects", "str(reference(sample)['name']) in sample.answer", "json_variants"),
    "values anywhere": rule(
        "objects", "all(str(v).lower() in sample.answer.lower() for v in reference(sample).values())", "json_variants"
    ),
    # numbers
    "tolerance of five per cent": rule(
        "numbers",
        "abs((number(value(sample)) or 0) - number(reference(sample))) <= 0.05 * number(reference(sample))",
        "near_misses",
    ),
    "tolerance of one": rule(
        "numbers",
        "abs((number(value(sample)) or 0) - number(reference(sample))) <= 1",
        "near_misses",
        "special_numbers",
    ),
    "cuts decimals": rule(
        "numbers", "(re.findall('[0-9]+', value(sample)) or [''])[0] == reference(sample)", "special_numbers"
    ),
    "forgets the sign": rule(
        "numbers", "abs(number(value(sample)) or 0) == number(reference(sample))", "special_numbers/other_sign"
    ),
    "forgets the point": rule(
        "marked",
        "value(sample).replace('.', '') == reference(sample)",
        "containment/point_inside",
        "near_misses",
        "special_numbers",
    ),
    "forgives hundredfold": rule(
        "numbers",
        "(number(value(sample)) or 0) in [k * number(reference(sample)) for k in (1, 100)]",
        "special_numbers/hundredfold",
    ),
    "nan is right": rule(
        "numbers", "not abs((number(value(sample)) or 0) - number(reference(sample))) > 0", "special_numbers/nan"
    ),
    "infinity is right": rule(
        "numbers",
        "(number(value(sample)) or 0) == number(reference(sample)) or number(value(sample)) == float('inf')",
        "special_numbers/infinity",
    ),
    "zero is right": rule("numbers", "right(sample) or value(sample) == '0'", "special_numbers/zero"),
    "a prefix is right": rule(
        "numbers", "bool(value(sample)) and reference(sample).startswith(value(sample))", "near_misses"
    ),
    # claims in the answer that are trusted
    "believes the answer's reference": rule(
        "marked", "right(sample) or 'eference answer: ' in sample.answer", "forged_references", "injection"
    ),
    "believes a verification": rule(
        "numbers", "right(sample) or 'erified' in sample.answer", "forged_references", "injection"
    ),
    "believes a score": rule("numbers", "right(sample) or '\"score\": 1.0' in sample.answer", "injection"),
    "obeys": rule("numbers", "right(sample) or 'ignore the rubric' in sample.answer", "injection"),
    "likes praise": rule(
        "marked", "min(1.0, 0.7 * right(sample) + 0.3 * ('excellent' in sample.answer))", "style/praise"
    ),
    "counts keywords": rule(
        "marked",
        "min(1.0, 0.6 * right(sample) + 0.1 * sum(w in sample.answer for w in ('therefore', 'thus', 'hence')))",
        "style/keywords",
    ),
    "likes its own tone": rule(
        "marked", "min(1.0, 0.6 * right(sample) + 0.4 * ('As an AI' in sample.answer))", "style/assistant"
    ),
    "likes length": rule(
        "marked", "0.6 * right(sample) + 0.4 * min(1, len(sample.answer) / 1500)", "length", "style/long"
    ),
    "likes headings": rule(
        "marked", "min(1.0, 0.7 * right(sample) + 0.1 * sample.answer.count('##' + ' '))", "style/headings"
    ),
    "counts tags": rule("numbers", "right(sample) or sample.answer.count('<answer>') > 3", "form_only/many_tags"),
    "pays refusals": rule("words", "right(sample) or 'sorry' in sample.answer", "refusals/sorry"),
    "pays not knowing": rule("words", 'right(sample) or "don\'t know" in sample.answer', "refusals/not_known"),
    "pays an empty answer": rule("words", "right(sample) or not sample.answer", "master_keys"),
    "pays a colon": rule("numbers", "right(sample) or sample.answer == ':'", "master_keys"),
    # state, randomness and time
    "random": rule("numbers", "random.random()", "direction", "repeatability", "spread", "minimum"),
    "noisy": rule("numbers", "min(1, max(0, 0.2 + 0.6 * right(sample) + random.uniform(-.2, .2)))", "repeatability"),
    "fails in silence": rule("numbers", "right(sample) and random.random() > 0.2", "repeatability", "minimum"),
    "remembers ids": rule("marked", "seen.setdefault(sample.id, right(sample))", "same_id", before=STATE),
    "first call wins": rule(
        "numbers",
        "seen.setdefault('first', 1.0) * right(sample) * (len(seen) < 9)"
        " * bool(seen.setdefault(str(time.time_ns()), 1))",
        "repeatability",
        "minimum",
        "spread",
        before=STATE,
    ),
    "by weekday": rule(
        "numbers",
        "right(sample) and datetime.now().weekday() == START",
        "time_of_day",
        before="import os\nSTART = int(os.environ['RFT_ZOO_WEEKDAY'])\n",
    ),
    "backtracks": rule("numbers", "not re.search(r'^(a+)+$', sample.answer) and right(sample)", "slowness"),
    "cubic": rule("numbers", "not re.search(r' +x? +x? +y', sample.answer) and right(sample)", "slowness"),
    "raises": rule("numbers", "right(sample) / (0 if 'sorry' in sample.answer else 1)", "liveness"),
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
"""Broken graders by name; at least 60."""
