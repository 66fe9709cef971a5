from __future__ import annotations

import json
import time
import typing
import unicodedata
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.grading import Sample
from rft.rewards.components import score_of
from rft.rewards.format import components
from rft.rewards.samples import UngradableSample

ORDER = {
    "type": "object",
    "required": ["name", "total"],
    "additionalProperties": False,
    "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "total": {"type": "number", "minimum": 0}},
}


def parts(answer: str, **rules: Any) -> dict[str, float]:
    sample = Sample(id="1", prompt=(), answer=answer, reference={"format": rules})
    return {part.name: part.value for part in components(sample)}


def score(answer: str, **rules: Any) -> float:
    return score_of(components(Sample(id="1", prompt=(), answer=answer, reference={"format": rules})))


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ('{"name": "Pia", "total": 120}', True),
        ('  {"total": 1.5, "name": "Pia"}\n', True),
        ('```json\n{"name": "Pia", "total": 120}\n```', True),
        ('<think>{"name": 1}</think>{"name": "Pia", "total": 120}', True),
        ('{"name": "Pia"}', False),
        ('{"name": "Pia", "total": "120"}', False),
        ('{"name": "pia", "total": 120}', False),
        ('{"name": "Pia", "total": -1}', False),
        ('{"name": "Pia", "total": 120, "score": 1.0}', False),
        ('{"name": "Pia", "total": NaN}', False),
        ('{"name": "Pia", "total": 1, "total": 2}', False),
        ('{"name": "Pia", "total": 120', False),
        ('Here: {"name": "Pia", "total": 120}', False),
        ('{"name": "Pia", "total": 120} I hope this helps.', False),
        ('{"name": "Pia", "total": 120}{"name": "Pia", "total": 120}', False),
        ("null", False),
        ("", False),
        ("[" * 100_000, False),
        ("1" * 10_000, False),
    ],
)
def test_an_answer_is_one_json_value_valid_under_the_schema(answer: str, right: bool) -> None:
    assert score(answer, json_schema=ORDER) == right


def test_schemas_may_be_recursive_and_name_their_draft() -> None:
    tree = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"node": {"type": "object", "properties": {"next": {"$ref": "#/definitions/node"}}}},
        "$ref": "#/definitions/node",
    }
    assert score('{"next": {"next": {"x": 1}}}', json_schema=tree) == 1
    assert score('{"next": {"next": "x"}}', json_schema=tree) == 0


@pytest.mark.parametrize(
    ("items", "unique"),
    [("[1, 2, 1.5]", True), ("[1, 1.0]", False), ("[1, true]", True), ('[{"a": 1, "b": 2}, {"b": 2, "a": 1}]', False)],
)
def test_unique_items_follow_json_schema(items: str, unique: bool) -> None:
    assert score(items, json_schema={"type": "array", "uniqueItems": True}) == unique


def test_a_hostile_answer_is_graded_quickly() -> None:
    started = time.monotonic()
    many = json.dumps([{"a": n} for n in range(7_000)])
    assert score(many, json_schema={"uniqueItems": True}) == 1
    assert score("[" * 200 + "1" + "]" * 200, json_schema={"type": "array"}) == 0
    assert score('{"a": ' * 63 + "1" + "}" * 63, json_schema={"additionalProperties": {"$ref": "#"}}) == 1
    assert score('"' + "x" * 200_000 + '"', json_schema={"type": "string"}) == 0
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "objekt"}, "is not JSON Schema"),
        ({"minimum": "0"}, "is not JSON Schema"),
        ({"$ref": "https://example.com/schema.json"}, "must stay inside"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "must stay inside"),
        ({"$ref": "#/nowhere"}, "leads nowhere"),
        ({"$ref": "#"}, "without end"),
        ({"patternProperties": {"^a": {}}}, "not supported"),
        ({"pattern": "("}, "json_schema"),
        ({"pattern": "(?:a{1,1000}){1,1000}b"}, "took over"),
    ],
)
def test_a_schema_that_cannot_be_used_is_an_error_and_no_score(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(UngradableSample, match=reason):
        score(json.dumps("a" * 5000), json_schema=schema)


SECTIONS = ("Summary", "Next steps")


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("## Summary\nAll is well.\n## Next steps\nNone.", True),
        ("**Next Steps:**\nNone.\n\n**SUMMARY**\n\nAll is well.", True),
        ("Summary: all is well.\nNext  steps: none.", True),
        ("## Summary\nAll is well.", False),
        ("## Summary\n## Next steps\nNone.", False),
        ("## Summary\n---\n## Next steps\nNone.", False),
        ("## Summary\nA\n## Next steps\nB\n## Summary\nC", False),
        ("The summary and the next steps are clear.", False),
        ("Summary of it\nAll is well.\nNext steps\nNone.", False),
        ("Summary\nNext steps", False),
        ("1. Summary\nAll is well.\n2) Next steps\nNone.", True),
        ("## 1. Summary\nAll is well.\n## 2. **Next steps:** none.", True),
        ("**1. Summary**\nAll is well.\n**2. Next steps**\nNone.", True),
        ("- Summary: all is well.\n- Next steps: none.", False),
        ("100. Summary: all is well.\n2.Next steps: none.", False),
        ("1. Summary\n2. Next steps\nNone.", False),
    ],
)
def test_each_section_is_there_once_with_words_in_it(answer: str, right: bool) -> None:
    assert score(answer, sections=SECTIONS) == right


def test_lengths_have_bounds() -> None:
    assert [score("word " * n, min_words=2, max_words=3) for n in range(5)] == [0, 0, 1, 1, 0]
    assert [score("w" * n, min_characters=2, max_characters=3) for n in range(5)] == [0, 0, 1, 1, 0]
    assert score("  ww \n", max_characters=2) == 1


def test_forbidden_patterns_are_searched_in_the_whole_answer() -> None:
    rules = {"forbidden": ["(?i)as an ai", r"\bguarantee[ds]?\b"]}
    assert score("All is well.", **rules) == 1
    assert [score(text, **rules) for text in ("As an AI, I", "it is guaranteed", "well\n\nguarantee")] == [0, 0, 0]


def test_an_empty_answer_meets_no_rule() -> None:
    for answer in ("", " \n", ":", "***", "<think>All is well.</think>"):
        assert set(parts(answer, max_words=50, forbidden=["x"]).values()) == {0}


def test_meeting_only_the_easy_rules_scores_zero() -> None:
    shown = parts("No JSON, but short and clean.", json_schema=ORDER, max_words=50, forbidden=["(?i)as an ai"])
    assert shown == {"format": 0, "json_schema": 0, "length": 1, "forbidden": 1}


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(x+x+)+y", r"(?:a{1,1000}){1,1000}b", "(" * 300 + "a" + ")*" * 300])
def test_a_catastrophic_pattern_is_aborted(pattern: str) -> None:
    started = time.monotonic()
    for answer in ("a" * 5000 + "!", "x" * 5000):
        try:
            assert score(answer, forbidden=[pattern]) in {0, 1}
        except UngradableSample as error:
            assert "format.forbidden[0]" in str(error)  # noqa: PT017  it may be found in time, too
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({}, "set at least one rule"),
        ({"min_words": 5, "max_words": 4}, "min_words is more than max_words"),
        ({"max_words": 0}, "max_words"),
        ({"max_word": 5}, "max_word"),
        ({"forbidden": []}, "forbidden"),
        ({"forbidden": ["("]}, r"forbidden\[0\]"),
        ({"forbidden": ["a" * 1001]}, "forbidden.0"),
        ({"sections": [""]}, "sections.0"),
        ({"json_schema": "object"}, "json_schema"),
    ],
)
def test_invalid_rules_are_an_error_and_no_score(rules: dict[str, Any], reason: str) -> None:
    with pytest.raises(UngradableSample, match=f"^reference_answer.format.*{reason}"):
        score("Some answer.", **rules)


@pytest.mark.parametrize("reference", [None, "72", {"answer": "72"}, {"format": "json"}])
def test_a_row_without_rules_is_an_error_and_no_score(reference: Any) -> None:
    with pytest.raises(UngradableSample, match=r"reference_answer\.format"):
        components(Sample(id="1", prompt=(), answer="Some answer.", reference=reference))


@settings(max_examples=1000)
@given(st.text(max_size=300))
def test_any_answer_gets_a_score(answer: str) -> None:
    assert score(answer, json_schema=ORDER, sections=SECTIONS, max_words=9, forbidden=["x"]) == 0
    assert score(answer, max_words=1000) in {0, 1}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("frame", ["{}", "<answer>{}</answer>", "<|begin_of_solution|>{}<|end_of_solution|>", "{}</s>"])
def test_line_ends_and_turn_tokens_are_not_part_of_json(end: str, frame: str) -> None:
    for fence in ("```", "````", "~~~"):
        text = frame.format(end.join([f"{fence}json", '{"name": "Pia",', '"total": 1}', fence]))
        assert score(text, json_schema=ORDER) == score(f"\ufeff{text}", json_schema=ORDER) == 1
        assert score(text.replace("1}" + end, "1}" + end + fence[0]), json_schema=ORDER) == 1


@pytest.mark.parametrize("name", ["$ref", "$dynamicRef", "patternProperties", "pattern", "properties", "$id", "enum"])
def test_a_property_may_have_the_name_of_a_keyword(name: str) -> None:
    schema = {"type": "object", "required": [name], "properties": {name: {"type": "string"}}}
    assert score(json.dumps({name: "x"}), json_schema=schema) == 1
    assert score(json.dumps({name: 1}), json_schema=schema) == score("{}", json_schema=schema) == 0


def test_data_in_a_schema_is_not_read_as_a_schema() -> None:
    value = {"$ref": "https://example.com", "patternProperties": 1}
    for keyword in ({"const": value}, {"enum": [value]}):
        assert score(json.dumps(value), json_schema=keyword) == 1


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"^\p{L}+$", "\u00e4b", "1"),
        (r"^\p{Lu}", "\u00c4", "\u00e4"),
        (r"^[\p{L}\d]+$", "\u00e41", "-"),
        (r"^\p{Script=Greek}+$", "\u03b1\u03b2", "ab"),
        (r"^\P{N}+$", "a", "1"),
        (r"^[[:alpha:]]+$", "ab", "1"),
    ],
)
def test_patterns_know_the_classes_of_unicode(pattern: str, fits: str, fails: str) -> None:
    schema = {"properties": {"n": {"pattern": pattern}}}
    assert [score(json.dumps({"n": text}), json_schema=schema) for text in (fits, fails)] == [1, 0]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400, "9" * 5000])
def test_a_number_out_of_range_is_a_wrong_answer_and_no_error(number: str) -> None:
    for schema in ({"type": "number"}, {"type": "integer"}, {"multipleOf": 0.1}, {"uniqueItems": True}):
        assert score(number, json_schema=schema) == score(f"[{number}]", json_schema=schema) == 0


Composition = Literal["NFC", "NFD", "NFKC"]
NAMES = ("Note:", "Summary\uff1a", "Time: 10:30", "R\u00e9sum\u00e9", "Q: what?", "Plan", "A\uff1aB", "Step 1")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True),
    st.sampled_from(["{}", "## {}", "**{}**", "\u200b{}\u200b", "{}:", "{} :", "**{}:**", "{}\uff1a"]),
    st.sampled_from(typing.get_args(Composition)),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_heading_is_found_in_every_form_and_needs_text(
    names: list[str], form: str, composed: Composition, end: str
) -> None:
    def text(body: str) -> str:
        return unicodedata.normalize(composed, end.join(f"{form.format(name)}{end}{body}" for name in names))

    assert score(text("some text"), sections=names) == 1
    assert score(text(""), sections=names) == 0
    assert score(text("some text") + end + text("more"), sections=names) == 0


@pytest.mark.parametrize("text", ["A: x\n" * 200_000, ":" * 1_000_000, "x\n" * 500_000, "A: " * 300_000])
def test_sections_of_a_long_answer_are_read_in_linear_time(text: str) -> None:
    started = time.monotonic()
    score(text, sections=["A", "B"])
    assert time.monotonic() - started < 5
