from __future__ import annotations

import json
from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow
from rft.tasks import task
from rft.tasks.base import BadRecord
from tests.kit.project import ROOT
from tests.kit.rows import row

RUBRIC = task("rubric")
CONFIG = json.loads((ROOT / "examples/rubric/grader.json").read_text("utf-8"))


def test_a_prompt_needs_no_reference() -> None:
    example = RUBRIC.read({"prompt": "Write a haiku.", "system": "You are brief."})
    assert [message.role for message in example.messages] == ["system", "user"]
    assert example.reference_answer == {"judged_by": "grader.config"}


def test_a_records_rubric_reference_and_probes_reach_the_row() -> None:
    record = {"prompt": "Hi.", "reference": "Hello.", "rubric": CONFIG, "probes": {"right": ["Hey."], "wrong": ["No."]}}
    written = DatasetRow.model_validate(row(RUBRIC.read(record), task=RUBRIC, position=1, run_id="run-1-2222222222"))
    assert written.reference_answer == {"answer": "Hello.", "rubric": CONFIG}
    assert (RUBRIC.probes(written).right, RUBRIC.probes(written).wrong) == (("Hey.",), ("No.",))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"prompt": ""}, "has no prompt"),
        ({"rubric": {"criteria": []}}, "rubric.criteria: "),
        ({"rubric": {"criteria": [{"name": "a"}]}}, "rubric.criteria.0.question: is missing"),
        ({"probes": {"right": "x"}}, "probes is not an object"),
    ],
)
def test_an_unusable_record_is_refused_by_field(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRecord) as raised:
        RUBRIC.read({"prompt": "Hi.", **changes})
    assert reason in str(raised.value)


def test_the_examples_have_their_configs_rubric_and_distinct_prompts() -> None:
    lines = (ROOT / "examples/rubric/replies.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert len({RUBRIC.read(record).group for record in records}) == len(records) == 130
    assert all(record["rubric"] == CONFIG for record in records)
