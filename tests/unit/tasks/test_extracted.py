"""Rows for structured extraction bring their own probes: the reference's object, and one with other values."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.dataset import DatasetRow
from rft.rewards import extract
from rft.rewards.components import score_of
from rft.tasks import task
from rft.tasks.bedrock_rows import row_sample
from rft.tasks.extracted import extracted_probes
from tests.kit.fake_smoke_test import rft_row

ORDER = {"id": 17, "customer": "Pia", "shipped": None, "paid": True, "lines": [{"item": "lamp", "price": 40.5}]}

scalars = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8)
objects = st.dictionaries(st.sampled_from("abcd"), scalars | st.lists(scalars, max_size=3), max_size=4)


def written(value: dict[str, Any], **rules: Any) -> DatasetRow:
    return DatasetRow.model_validate(rft_row(1, reference_answer={"extract": {"value": value, **rules}}))


def test_the_object_is_right_and_one_with_other_values_is_wrong() -> None:
    found = task("rft").probes(written(ORDER))
    assert [json.loads(found.right[0]), found.right[1].startswith("```json\n")] == [ORDER, True]
    assert json.loads(found.wrong[0]) == {
        "id": 1051,
        "customer": "another Pia",
        "shipped": None,
        "paid": False,
        "lines": [{"item": "another lamp", "price": 1121.5}],
    }


def test_probes_that_the_rows_rules_do_not_decide_are_omitted() -> None:
    lenient = extracted_probes(written({"id": 17}, fields={"id": {"tolerance": 10_000}}))
    assert lenient is not None
    assert (len(lenient.right), lenient.wrong) == (2, ("{}",))


def test_a_row_without_extraction_rules_has_no_probes() -> None:
    assert extracted_probes(DatasetRow.model_validate(rft_row(1))) is None
    assert extracted_probes(written({"id": None})) is None
    assert extracted_probes(written({"id": 17}, unknown=1)) is None


@given(objects)
def test_every_probe_scores_as_its_kind(value: dict[str, Any]) -> None:
    row = written(value)
    found = extracted_probes(row)
    for answers, expected in ((found.right, 1.0), (found.wrong, 0.0)) if found else ():
        assert [score_of(extract.components(row_sample(row, answer))) for answer in answers] == [expected] * len(
            answers
        )
