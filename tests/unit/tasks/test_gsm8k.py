from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.dataset import DatasetRow
from rft.rewards.components import score_of
from rft.rewards.gsm8k import components, read_answer
from rft.tasks.base import BadRecord
from rft.tasks.bedrock_rows import row_sample
from rft.tasks.gsm8k import Gsm8k
from tests.kit.rows import row

TASK = Gsm8k()
TRAIN = Path(__file__).parents[4] / "shared" / "data" / "gsm8k" / "train.jsonl"
RECORD = {
    "question": "A crate holds 12 jars at $6 each.  What does it cost?\n",
    "answer": "It costs 12*6 = $<<12*6=72>>72.\n#### 72",
}


def row_of(record: dict[str, Any]) -> DatasetRow:
    return DatasetRow.model_validate(row(TASK.read(record), task=TASK, position=7, run_id="run-1-2222222222"))


def test_a_record_becomes_a_row_whose_prompt_holds_no_answer() -> None:
    written = row_of(RECORD)
    assert (written.task_id, written.data_source, written.domain) == ("gsm8k-000007", "gsm8k", "math")
    assert [message.role for message in written.messages] == ["system", "user"]
    assert written.messages[1].content == "A crate holds 12 jars at $6 each.  What does it cost?"
    assert "72" not in written.prompt
    assert written.reference_answer == {"answer": "72"}


def test_the_prompt_requests_the_graded_line() -> None:
    assert "\n#### <number>\n" in row_of(RECORD).messages[0].content


def test_calculator_annotations_are_removed_from_the_solution() -> None:
    assert (row_of(RECORD).model_extra or {})["solution"] == "It costs 12*6 = $72."


def test_equal_questions_are_one_group_and_have_no_label() -> None:
    spaced = TASK.read(RECORD | {"question": RECORD["question"].upper().replace(" ", "  ")})
    assert TASK.read(RECORD).group == spaced.group
    assert TASK.read(RECORD | {"question": "Another one?"}).group != spaced.group
    assert TASK.read(RECORD).label is None


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ([], "is not an object"),
        ({"answer": "#### 72"}, "has no question"),
        (RECORD | {"question": " "}, "question is blank"),
        (RECORD | {"question": 5}, "question is blank or not text"),
        ({"question": "Why?"}, "has no answer"),
        (RECORD | {"answer": "72"}, "'#### <number>'"),
        (RECORD | {"answer": "#### seventy-two"}, "'#### <number>'"),
        (RECORD | {"answer": "#### 72\n####"}, "'#### <number>'"),
    ],
)
def test_an_unusable_record_is_refused_with_the_reason(record: Any, reason: str) -> None:
    with pytest.raises(BadRecord, match=reason):
        TASK.read(record)


@pytest.mark.parametrize("number", ["72", "0", "-1", "1,234", "$3.50", "1/2", "50%"])
def test_probes_are_right_wrong_and_without_a_readable_number(number: str) -> None:
    probes = TASK.probes(row_of(RECORD | {"answer": f"So it is.\n#### {number}"}))
    expected = read_answer(f"#### {number}")
    assert expected is not None
    assert {_value(answer) for answer in probes.right} == {expected.value}
    assert expected.value not in {_value(answer) for answer in (*probes.wrong, *probes.swapped)}
    assert None not in {_value(answer) for answer in (*probes.wrong, *probes.swapped)}
    assert {_value(answer) for answer in probes.malformed} == {None}


def _value(answer: str) -> Any:
    number = read_answer(answer)
    return number and number.value


@pytest.mark.skipif(not TRAIN.is_file(), reason="GSM8K's training set is not next to the repository")
def test_all_of_gsm8k_can_be_read() -> None:
    groups = {TASK.read(json.loads(line)).group for line in TRAIN.read_text("utf-8").splitlines()}
    assert len(groups) == 7473


@settings(max_examples=200)
@given(st.integers(-50, 50), st.sampled_from(["", "%", ".5", " million", "/2"]))
def test_right_probes_score_one_and_wrong_ones_zero(number: int, ending: str) -> None:
    written = row_of(RECORD | {"answer": f"#### {number}{ending}"})
    probes = TASK.probes(written)

    def scores(answers: tuple[str, ...]) -> set[float]:
        return {score_of(components(row_sample(written, answer))) for answer in answers}

    assert scores(probes.right) == {1}
    assert scores((*probes.wrong, *probes.swapped, *probes.malformed)) == {0}
