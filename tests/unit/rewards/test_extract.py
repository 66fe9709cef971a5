from __future__ import annotations

import itertools
import json
import random
import re
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.grading import Sample
from rft.rewards.components import score_of
from rft.rewards.extract import components
from rft.rewards.field_match import _best_pairing
from rft.rewards.samples import UngradableSample
from tests.kit.project import ROOT

ORDER: dict[str, Any] = {
    "customer": {"name": "Pia Berg", "vip": True},
    "total": 120.5,
    "currency": "EUR",
    "coupon": None,
    "items": [{"sku": "A1", "price": 40}, {"sku": "B2", "price": 80.5}],
    "tags": ["gift", "express"],
}
"""Ten values: null is none."""


def graded(answer: Any, value: Any = ORDER, **rules: Any) -> dict[str, float]:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    sample = Sample(id="1", prompt=(), answer=text, reference={"extract": {"value": value, **rules}})
    parts = components(sample)
    return {part.name: part.value for part in parts} | {"score": score_of(parts)}


def score(answer: Any, value: Any = ORDER, **rules: Any) -> float:
    return graded(answer, value, **rules)["score"]


def changed(**changes: Any) -> dict[str, Any]:
    return {**ORDER, **changes}


@pytest.mark.parametrize(
    ("answer", "right", "given"),
    [
        (ORDER, 10, 10),
        (changed(total=120.50), 10, 10),
        (changed(total="120.5"), 9, 10),
        (changed(total=121), 9, 10),
        (changed(coupon="SUMMER"), 10, 11),
        (changed(coupon=None, currency=None), 9, 9),
        ({k: v for k, v in ORDER.items() if k != "coupon"}, 10, 10),
        (changed(currency=" EUR\n"), 10, 10),
        (changed(currency="eur"), 9, 10),
        (changed(customer={"name": "Pia Berg", "vip": 1}), 9, 10),
        (changed(customer="Pia Berg"), 8, 9),
        (changed(items=ORDER["items"][::-1], tags=["express", "gift"]), 10, 10),
        (changed(items=[{"sku": "A1", "price": 80.5}, {"sku": "B2", "price": 40}]), 8, 10),
        (changed(items=[*ORDER["items"], {"sku": "C3", "price": 1}]), 10, 12),
        (changed(tags=["gift", "gift"]), 9, 10),
        (changed(tags="gift"), 8, 9),
        ({"total": 120.5}, 1, 1),
        ({"Total": 120.5}, 0, 1),
    ],
)
def test_score_is_f1_over_the_fields(answer: Any, right: int, given: int) -> None:
    shown = graded(answer)
    assert shown["precision"] == pytest.approx(right / given)
    assert shown["recall"] == pytest.approx(right / 10)
    assert shown["score"] == pytest.approx(2 * right / (given + 10))
    assert shown["exact"] == (right == given == 10)


@pytest.mark.parametrize(
    ("answer", "readable"),
    [
        ("```json\n" + json.dumps(ORDER) + "\n```", True),
        ("```\r\n" + json.dumps(ORDER) + "\r\n```", True),
        ("<think>{}</think>" + json.dumps(ORDER), True),
        ("Here: " + json.dumps(ORDER), False),
        (json.dumps(ORDER) + json.dumps(ORDER), False),
        (json.dumps([ORDER]), False),
        ('{"total": 1, "total": 120.5}', False),
        ('{"total": NaN}', False),
        ("[" * 100_000, False),
        ("", False),
    ],
)
def test_an_answer_is_one_object_and_nothing_else(answer: str, readable: bool) -> None:
    shown = graded(answer)
    assert (shown["readable"], shown["score"]) == (readable, readable)


@pytest.mark.parametrize(
    ("rules", "answer", "expected"),
    [
        ({"a": {"tolerance": 0.5}}, {"a": 10.5}, 1),
        ({"a": {"tolerance": 0.5}}, {"a": 10.51}, 0),
        ({"a": {"tolerance": 0.1}}, {"a": 9.9}, 1),
        ({"a": {"relative_tolerance": 0.05}}, {"a": 10.5}, 1),
        ({"a": {"relative_tolerance": 0.05}}, {"a": 10.6}, 0),
        ({"a": {"tolerance": 0.5}}, {"a": True}, 0),
        ({"a": {"tolerance": 0.5}}, {"a": int("9" * 400)}, 0),
        ({"a": {"tolerance": 0.5}}, {"a": "10"}, 0),
    ],
)
def test_a_number_is_right_within_its_fields_tolerance(rules: Any, answer: Any, expected: float) -> None:
    assert score(answer, {"a": 10}, fields=rules) == expected


@given(st.text("e\u0301\u00e9a\u030a", min_size=1, max_size=6), st.sampled_from(["NFC", "NFD"]), st.integers(1, 9))
def test_names_of_fields_are_one_however_they_are_composed(name: str, form: Any, number: int) -> None:
    reference, given_name = unicodedata.normalize("NFD", name), unicodedata.normalize(form, name)
    rules = {"fields": {unicodedata.normalize("NFC", name): {"tolerance": 1}}}
    assert score({given_name: number + 1}, {reference: number}, **rules) == 1
    assert score({given_name: number + 2}, {reference: number}, **rules) == 0


def test_names_that_are_equal_once_composed_are_refused() -> None:
    assert not graded({"\u00e9": 1, "e\u0301": 1}, {"\u00e9": 1})["readable"]
    with pytest.raises(UngradableSample, match="stands twice"):
        graded({}, {"\u00e9": 1, "e\u0301": 1})


def test_a_field_with_points_in_its_name_can_have_a_rule() -> None:
    value = {"a.b": 1, "c.d": [{"e.f": 1}], "c": {"d": 2}}
    rules = {"fields": {"a.b": {"tolerance": 1}, "c.d[].e.f": {"tolerance": 1}}}
    assert score({"a.b": 2, "c.d": [{"e.f": 2}], "c": {"d": 2}}, value, **rules) == 1


def test_rules_reach_into_lists_and_set_case_and_order() -> None:
    value = {"rows": [{"x": 1.0}, {"x": 2.0}], "steps": ["mix", "bake"], "city": "Köln"}
    near = {"rows": [{"x": 2.05}, {"x": 1.05}], "steps": ["mix", "bake"], "city": "KÖLN"}
    rules = {"rows[].x": {"tolerance": 0.1}, "steps": {"ordered": True}, "city": {"ignore_case": True}}
    assert score(near, value, fields=rules) == 1
    assert score({**near, "steps": ["bake", "mix"]}, value, fields=rules) == pytest.approx(3 / 5)
    assert score({**near, "steps": ["bake", "mix"]}, value, fields=rules | {"steps[]": {"ignore_case": True}}) < 1


def test_an_answer_invalid_under_the_schema_scores_zero() -> None:
    schema = {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "integer"}}}
    assert score({"a": 1}, {"a": 1}, json_schema=schema) == 1
    assert graded({"a": 1, "b": None}, {"a": 1}, json_schema=schema)["json_schema"] == 0
    assert score({"a": 1, "b": None}, {"a": 1}, json_schema=schema) == 0


@pytest.mark.parametrize(("answer", "right"), [({}, 1), ({"a": None, "b": []}, 1), ({"a": 1}, 0), ("", 0)])
def test_an_empty_extraction_matches_an_empty_reference(answer: Any, right: float) -> None:
    assert score(answer, {"a": None}) == right


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ({"value": {"a": 1}, "fields": {"b": {"tolerance": 1}}}, "reference_answer.extract.fields: b is no field"),
        ({"value": {"a": [{"b": 1}]}, "fields": {"a[].c": {"tolerance": 1}}}, "a[].c is no field of value"),
        ({"value": {"a": 1}, "fields": {"a": {}}}, "set at least one rule"),
        ({"value": {"a": 1}, "fields": {"a..b": {"tolerance": 1}}}, "reference_answer.extract.fields"),
        ({"value": {"a": 1}, "json_schema": {"type": "objekt"}}, "reference_answer.extract.json_schema"),
        ({"value": {"a": [0] * 51}}, "the list a has over 50 items"),
        ({"value": {str(n): n for n in range(501)}}, "over 500 values"),
        ({"value": 1}, "reference_answer.extract.value"),
    ],
)
def test_a_reference_that_cannot_be_used_is_named(reference: Any, reason: str) -> None:
    sample = Sample(id="1", prompt=(), answer="{}", reference={"extract": reference})
    with pytest.raises(UngradableSample) as raised:
        components(sample)
    assert reason in str(raised.value)


@pytest.mark.parametrize("path", ["a.b", "a[].b", "c"])
def test_a_rule_may_name_a_path_below_null_or_an_empty_list(path: str) -> None:
    value: Any = {"a": [] if "[]" in path else None, "c": None}
    assert score({}, value, fields={path: {"ignore_case": True}}) == 1


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "A b"]) | st.floats(-2, 2)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4)
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), TREES, max_size=4)


def shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key], order) for key in order.sample(sorted(value), len(value))}
    return [shuffled(item, order) for item in order.sample(value, len(value))] if isinstance(value, list) else value


@settings(max_examples=100)
@given(expected=OBJECTS, answer=OBJECTS, seed=st.integers(0, 99))
def test_order_never_counts_and_a_reference_is_its_own_right_answer(expected: Any, answer: Any, seed: int) -> None:
    order = random.Random(seed)
    assert score(shuffled(expected, order), expected) == 1
    assert score(shuffled(answer, order), shuffled(expected, order)) == pytest.approx(score(answer, expected))


@settings(max_examples=100)
@given(expected=OBJECTS, answer=OBJECTS)
def test_an_invented_field_never_raises_the_score(expected: Any, answer: Any) -> None:
    shown = graded(answer, expected)
    assert 0 <= shown["score"] <= 1
    assert graded({**answer, "made up": 1}, expected)["score"] <= shown["score"]


@settings(max_examples=100)
@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_list_items_are_paired_optimally(rows: int, columns: int, data: st.DataObject) -> None:
    gains = [[data.draw(st.integers(0, 5)) for _ in range(columns)] for _ in range(rows)]
    wide = gains if rows <= columns else [list(column) for column in zip(*gains, strict=True)]
    pairings = itertools.permutations(range(len(wide[0])), len(wide))
    assert _best_pairing(gains) == max(sum(wide[r][c] for r, c in enumerate(p)) for p in pairings)


def test_a_hostile_answer_is_graded_quickly() -> None:
    value = {"rows": [{"id": n, "v": [n, n + 1]} for n in range(50)]}
    rows = [{"id": -n, "v": [n + 0.5, n]} for n in range(100)]
    started = time.process_time()
    score({"rows": rows}, value)
    score({"rows": rows * 100}, value)
    assert time.process_time() - started < 5


def test_the_examples_of_the_docs_score_as_they_say() -> None:
    docs = (ROOT / "docs/graders.md").read_text("utf-8")
    examples = re.findall(r"<!-- tested: extract example -->\n```json\n(.*?)```", docs, re.DOTALL)
    assert len(examples) == 2
    for example in map(json.loads, examples):
        scores = {answer: score(answer, **example["reference_answer"]["extract"]) for answer in example["answers"]}
        assert scores == example["answers"]
